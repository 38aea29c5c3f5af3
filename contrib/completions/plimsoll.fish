# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_plimsoll_global_optspecs
    string join \n h/help V/version
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

complete -c plimsoll -n "__fish_plimsoll_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -s V -l version -d 'Print version'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "audit" -d 'Judge this machine and its containers'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "containers" -d 'List containers by how far they are from the host, or explain one'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "checks" -d 'List the checks, or explain one'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "lint" -d 'Prove checks by their examples: a directory\'s, or the built-in ones'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "plan" -d 'Print every file and API call that an audit would read'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "schema" -d 'Print the JSON schema of a format'
complete -c plimsoll -n "__fish_plimsoll_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l benchmark -d 'Benchmark to judge by; can be given several times [default: the newest for the engine that is there]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l level -d 'Highest level of controls to include' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l profile -d 'Kind of system to judge by, where a benchmark tells several apart [default: its first]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l check -d 'Only these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l skip -d 'Not these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l section -d 'Only controls of this section, or this control' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l container -d 'Only containers and units whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l checks -d 'Directory with checks of your own, which add to the built-in ones or override them by id' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l engine-socket -d 'Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l engine -d 'Whether to ask an engine at all' -r -f -a "auto\t'The one that is found'
none\t'None'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l fail-on -d 'Least severity of a failure that makes the exit status 1' -r -f -a "low\t'Hardening that limits damage after something else went wrong'
medium\t'A weakness that needs another one to be used'
high\t'A weakness that can be used by itself under common conditions'
critical\t'A way to the host, or no barrier at all'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l format -d 'How to print the report' -r -f -a "text\t'For people'
json\t'For programs; `plimsoll schema report` describes it'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -l color -d 'When to colour the text' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand containers" -l engine-socket -d 'Unix socket of the engine [default: DOCKER_HOST, the docker context in use, the usual places]' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand containers" -l engine -d 'Whether to ask an engine at all' -r -f -a "auto\t'The one that is found'
none\t'None'"
complete -c plimsoll -n "__fish_plimsoll_using_subcommand containers" -l format -d 'How to print the list; `plimsoll schema containers` describes the JSON' -r -f -a "text\t'For people'
json\t'For programs; `plimsoll schema report` describes it'"
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
complete -c plimsoll -n "__fish_plimsoll_using_subcommand lint" -s h -l help -d 'Print help'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l benchmark -d 'Benchmark to judge by; can be given several times [default: the newest for the engine that is there]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l level -d 'Highest level of controls to include' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l profile -d 'Kind of system to judge by, where a benchmark tells several apart [default: its first]' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l check -d 'Only these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l skip -d 'Not these checks' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l section -d 'Only controls of this section, or this control' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l container -d 'Only containers and units whose name matches this glob' -r
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -l checks -d 'Directory with checks of your own, which add to the built-in ones or override them by id' -r -F
complete -c plimsoll -n "__fish_plimsoll_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit containers checks lint plan schema help" -f -a "audit" -d 'Judge this machine and its containers'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit containers checks lint plan schema help" -f -a "containers" -d 'List containers by how far they are from the host, or explain one'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit containers checks lint plan schema help" -f -a "checks" -d 'List the checks, or explain one'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit containers checks lint plan schema help" -f -a "lint" -d 'Prove checks by their examples: a directory\'s, or the built-in ones'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit containers checks lint plan schema help" -f -a "plan" -d 'Print every file and API call that an audit would read'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit containers checks lint plan schema help" -f -a "schema" -d 'Print the JSON schema of a format'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and not __fish_seen_subcommand_from audit containers checks lint plan schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "list" -d 'List every check with its severity and its numbers'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "functions" -d 'List the functions that expressions may use'
complete -c plimsoll -n "__fish_plimsoll_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "show" -d 'Explain one check: what it looks at, why, and what to do'
