# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_plimsoll_global_optspecs
    string join \n chroot= h/help V/version
end

function __fish_plimsoll_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_plimsoll_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_plimsoll_using_subcommand
    set -l cmd (__fish_plimsoll_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c plimsoll -n "__fish_plimsoll_needs_command" -l chroot -d 'Directory to take for the root of all files, as in a container that has the machine\'s below it' -r -F
complete -c plimsoll -n "__fish_plimsoll_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -s V -l version -d 'Print version'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "audit" -d 'Judge this machine and its containers'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "collect" -d 'Look at this machine and its containers, and keep what was seen in a file'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "containers" -d 'List containers by how far they are from the host, or explain one'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "checks" -d 'List the checks, or explain one'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "lint" -d 'Prove checks by their examples: a directory\'s, or the built-in ones; or a policy and waivers'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "plan" -d 'Print every file and API call that an audit would read'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "waive" -d 'Take on a failure: add a waiver to the site\'s'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "report" -d 'Render a report again that was written as JSON'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "diff" -d 'Compare two reports'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "record" -d 'Judge this machine for the record: keep the report, and say only what has changed'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "history" -d 'Draw the scores of the record over time'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "schema" -d 'Print the JSON schema of a format'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l benchmark -d 'Benchmark to judge by; can be given several times [default: the newest for the engine that is there]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l level -d 'Highest level of controls to include' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l profile -d 'Kind of system to judge by, where a benchmark tells several apart [default: its first]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l check -d 'Only these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l skip -d 'Not these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l section -d 'Only controls of this section, or this control' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l container -d 'Only containers and sandboxes whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l checks -d 'Directory with checks of your own, which add to the built-in ones or override them by id' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l engine-socket -d 'Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l engine -d 'Whether to ask an engine at all' -r -f -a "auto\t'The one that is found'
none\t'None'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l root -d 'Look at the files of a machine that does not run: an unpacked image or a mounted disk' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l policy -d 'The site\'s policy: what it allows, its thresholds, what its people vouch for [default: /etc/plimsoll/policy.toml]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l waivers -d 'Failures that somebody has taken on [default: /etc/plimsoll/waivers.toml]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l fail-on -d 'Least severity of a failure that makes the exit status 1' -r -f -a "low\t'Hardening that limits damage after something else went wrong'
medium\t'A weakness that needs another one to be used'
high\t'A weakness that can be used by itself under common conditions'
critical\t'A way to the host, or no barrier at all'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l facts -d 'Judge facts that `collect` wrote, here or elsewhere, in place of this machine; can be given several times' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l baseline -d 'An earlier report: only what got worse since then makes the exit status 1 or 3' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l format -d 'How to print the report' -r -f -a "text\t'For people'
json\t'For programs; `plimsoll schema report` describes it, and `plimsoll report` reads it again'
html\t'A page of its own for browsers, which needs no server and no network'
markdown\t'For the summaries of CI servers and for mail'
csv\t'For spreadsheets'
junit\t'JUnit XML, for CI servers'
sarif\t'SARIF 2.1.0, for code scanning'
oscal\t'OSCAL 1.1 assessment results'
xccdf\t'XCCDF 1.2 benchmark with its result, for OpenSCAP'
ocsf\t'OCSF 1.5 compliance findings, one a line, for a SIEM'
prometheus\t'Metrics for the textfile collector of Prometheus\'s node exporter'
docker-bench\t'JSON as docker-bench-security has it'
kube-bench\t'JSON as kube-bench has it'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -s o -l output -d 'Write the report to a file too; can be given several times' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l color -d 'When to colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l deep -d 'Read the layers of images too: their packages, set-id files and accounts'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -s v -l verbose -d 'Tell every control in the text: what passes, what waits for a person and with which facts, what does not apply'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l benchmark -d 'Benchmark to judge by; can be given several times [default: the newest for the engine that is there]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l level -d 'Highest level of controls to include' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l profile -d 'Kind of system to judge by, where a benchmark tells several apart [default: its first]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l check -d 'Only these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l skip -d 'Not these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l section -d 'Only controls of this section, or this control' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l container -d 'Only containers and sandboxes whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l checks -d 'Directory with checks of your own, which add to the built-in ones or override them by id' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l engine-socket -d 'Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l engine -d 'Whether to ask an engine at all' -r -f -a "auto\t'The one that is found'
none\t'None'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l root -d 'Look at the files of a machine that does not run: an unpacked image or a mounted disk' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -s o -l output -d 'File for the facts, packed if its name ends in .zst or .gz; - for standard output' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -l deep -d 'Read the layers of images too: their packages, set-id files and accounts'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand collect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand containers" -l engine-socket -d 'Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand containers" -l engine -d 'Whether to ask an engine at all' -r -f -a "auto\t'The one that is found'
none\t'None'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand containers" -l format -d 'How to print the list; `plimsoll schema containers` describes the JSON' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand containers" -l color -d 'When to colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand containers" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and not __fish_seen_subcommand_from list functions show help" -s h -l help -d 'Print help'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and not __fish_seen_subcommand_from list functions show help" -f -a "list" -d 'List every check with its severity and its numbers'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and not __fish_seen_subcommand_from list functions show help" -f -a "functions" -d 'List the functions that expressions may use'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and not __fish_seen_subcommand_from list functions show help" -f -a "show" -d 'Explain one check: what it looks at, why, and what to do'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and not __fish_seen_subcommand_from list functions show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from list" -l checks -d 'Directory with checks of your own' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from functions" -s h -l help -d 'Print help'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from show" -l checks -d 'Directory with checks of your own' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "list" -d 'List every check with its severity and its numbers'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "functions" -d 'List the functions that expressions may use'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "show" -d 'Explain one check: what it looks at, why, and what to do'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand lint" -l policy -d 'A site\'s policy: whether an audit could judge by it' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand lint" -l waivers -d 'A site\'s waivers: whether an audit could go by them' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand lint" -s h -l help -d 'Print help'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l benchmark -d 'Benchmark to judge by; can be given several times [default: the newest for the engine that is there]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l level -d 'Highest level of controls to include' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l profile -d 'Kind of system to judge by, where a benchmark tells several apart [default: its first]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l check -d 'Only these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l skip -d 'Not these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l section -d 'Only controls of this section, or this control' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l container -d 'Only containers and sandboxes whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l checks -d 'Directory with checks of your own, which add to the built-in ones or override them by id' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l root -d 'Plan for the files of a machine that does not run, whose root directory this is' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l deep -d 'Read the layers of images too: their packages, set-id files and accounts'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l reason -d 'Why the failure is borne' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l owner -d 'Who bears it' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l expires -d 'The last day on which it counts, such as 2027-05-31' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l container -d 'Only containers whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l image -d 'Only images whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l path -d 'Only if all files that failed match this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l key -d 'Only if everything that was asked for by name, such as a kernel setting, matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l host -d 'Only hosts whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -l waivers -d 'The file to add it to' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand waive" -s h -l help -d 'Print help'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand report" -l format -d 'How to print the report' -r -f -a "text\t'For people'
json\t'For programs; `plimsoll schema report` describes it, and `plimsoll report` reads it again'
html\t'A page of its own for browsers, which needs no server and no network'
markdown\t'For the summaries of CI servers and for mail'
csv\t'For spreadsheets'
junit\t'JUnit XML, for CI servers'
sarif\t'SARIF 2.1.0, for code scanning'
oscal\t'OSCAL 1.1 assessment results'
xccdf\t'XCCDF 1.2 benchmark with its result, for OpenSCAP'
ocsf\t'OCSF 1.5 compliance findings, one a line, for a SIEM'
prometheus\t'Metrics for the textfile collector of Prometheus\'s node exporter'
docker-bench\t'JSON as docker-bench-security has it'
kube-bench\t'JSON as kube-bench has it'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand report" -s o -l output -d 'Write the report to a file too; can be given several times' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand report" -l color -d 'When to colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand report" -s v -l verbose -d 'Tell every control in the text: what passes, what waits for a person and with which facts, what does not apply'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand diff" -l format -d 'How to print the differences; `plimsoll schema diff` describes the JSON' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand diff" -l fail-on -d 'Least severity of a new failure that makes the exit status 1' -r -f -a "low\t'Hardening that limits damage after something else went wrong'
medium\t'A weakness that needs another one to be used'
high\t'A weakness that can be used by itself under common conditions'
critical\t'A way to the host, or no barrier at all'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l benchmark -d 'Benchmark to judge by; can be given several times [default: the newest for the engine that is there]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l level -d 'Highest level of controls to include' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l profile -d 'Kind of system to judge by, where a benchmark tells several apart [default: its first]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l check -d 'Only these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l skip -d 'Not these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l section -d 'Only controls of this section, or this control' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l container -d 'Only containers and sandboxes whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l checks -d 'Directory with checks of your own, which add to the built-in ones or override them by id' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l engine-socket -d 'Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l engine -d 'Whether to ask an engine at all' -r -f -a "auto\t'The one that is found'
none\t'None'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l root -d 'Look at the files of a machine that does not run: an unpacked image or a mounted disk' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l policy -d 'The site\'s policy: what it allows, its thresholds, what its people vouch for [default: /etc/plimsoll/policy.toml]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l waivers -d 'Failures that somebody has taken on [default: /etc/plimsoll/waivers.toml]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l fail-on -d 'Least severity of a failure that makes the exit status 1' -r -f -a "low\t'Hardening that limits damage after something else went wrong'
medium\t'A weakness that needs another one to be used'
high\t'A weakness that can be used by itself under common conditions'
critical\t'A way to the host, or no barrier at all'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l state -d 'Directory of the record' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l keep-days -d 'Days after which a dated report is removed' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l keep-least -d 'How many reports to keep, however old they are' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -s o -l output -d 'Write the report to another file too, as -o prometheus=/var/lib/prometheus/node-exporter/plimsoll.prom' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -l deep -d 'Read the layers of images too: their packages, set-id files and accounts'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand record" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand history" -l state -d 'Directory of the record' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand history" -l format -d 'How to print it; as JSON, a line for each audit' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "audit" -d 'Judge this machine and its containers'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "collect" -d 'Look at this machine and its containers, and keep what was seen in a file'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "containers" -d 'List containers by how far they are from the host, or explain one'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "checks" -d 'List the checks, or explain one'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "lint" -d 'Prove checks by their examples: a directory\'s, or the built-in ones; or a policy and waivers'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "plan" -d 'Print every file and API call that an audit would read'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "waive" -d 'Take on a failure: add a waiver to the site\'s'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "report" -d 'Render a report again that was written as JSON'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "diff" -d 'Compare two reports'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "record" -d 'Judge this machine for the record: keep the report, and say only what has changed'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "history" -d 'Draw the scores of the record over time'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "schema" -d 'Print the JSON schema of a format'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit collect containers checks lint plan waive report diff record history schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "list" -d 'List every check with its severity and its numbers'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "functions" -d 'List the functions that expressions may use'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "show" -d 'Explain one check: what it looks at, why, and what to do'
