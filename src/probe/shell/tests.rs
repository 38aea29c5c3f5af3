use super::*;

/// Commands with whom they are run for: `+` for sure, `?` perhaps, `-` not; root first, then others; `f` in a function.
fn told(text: &str) -> Vec<String> {
    let sign = |truth: Truth| match truth {
        Truth::Yes => '+',
        Truth::Maybe => '?',
        Truth::No => '-',
    };
    let one = |command: &Command| {
        let words: Vec<String> = command.words.iter().map(written).collect();
        let function = if command.in_function { "f" } else { "" };
        format!("{}{}{function} {} {}", sign(command.for_root), sign(command.for_others), command.line, words.join("|"))
    };
    commands(text).unwrap_or_else(|what| panic!("{text}: {what}")).iter().map(one).collect()
}

#[test]
fn words_are_told_apart() {
    assert_eq!(told("a b  'c d' \"e f\"g \\\n h # i\n"), ["++ 1 a|b|c d|e fg|h"]);
    assert_eq!(told("a=1 b='x y'; export C\\ D"), ["++ 1 a=1|b=x y", "++ 1 export|C D"]);
    assert_eq!(told("a \"$x ${y} ${z:-1} $(id -u) `w` \\$q\" $'r' $1"), ["++ 1 a|$x $y ${z:-1} $(id -u) `w` $q|r|$1"]);
    assert_eq!(told("a >b 2>&1 <c <<<d &>e\n"), ["++ 1 a"]);
    assert_eq!(told("cat <<E; b\nx ' \" $(\nE\nc <<-'F'\n\ty\n\tF\nd\n"), ["++ 1 cat", "++ 1 b", "++ 4 c", "++ 7 d"]);
    assert_eq!(told("a=(b c 'd)') e=@(x|y)*\nf#g\n"), ["++ 1 a=(b c 'd)')|e=@(x|y)*", "++ 2 f#g"]);
    assert_eq!(told("echo $(a \"$(b ')' # it's\n) c\") d"), ["++ 1 echo|$(a \"$(b ')' # it's\n) c\")|d"]);
}

#[test]
fn what_depends_is_marked() {
    assert_eq!(told("a && b || c; d"), ["++ 1 a", "?? 1 b", "?? 1 c", "++ 1 d"]);
    assert_eq!(told("if a; then b; else c; fi\nd"), ["++ 1 a", "?? 1 b", "?? 1 c", "++ 2 d"]);
    assert_eq!(
        told("for i in x y; do\n  a\ndone\nwhile b; do c; done < f"),
        ["++ 1 for|i|in|x|y", "?? 2 a", "?? 4 b", "?? 4 c"]
    );
    assert_eq!(
        told("case $x in\n  a|b) c ;;\n (d) e;& *) if f; then g; fi\nesac\nh"),
        ["?? 2 c", "?? 3 e", "?? 3 f", "?? 3 g", "++ 5 h"]
    );
    assert_eq!(told("( a; b ); { c; }; d & e | f"), ["-- 1 a", "-- 1 b", "++ 1 c", "?? 1 d", "?? 1 e", "++ 1 f"]);
    assert_eq!(
        told("f() { a; }\nfunction g { b\n}\nh ()\n{\n c\n}\ni() (d)\ne"),
        ["++f 1 a", "++f 2 b", "++f 6 c", "--f 8 d", "++ 9 e"]
    );
    assert_eq!(
        told("[[ $a == (b|c) && d ]] && e; (( x > 1 )) && f; ! g; time h"),
        ["?? 1 e", "?? 1 f", "++ 1 g", "++ 1 h"]
    );
}

#[test]
fn a_test_for_root_is_understood() {
    for test in [
        "[ \"$(id -u)\" -eq 0 ]",
        "[ \"`id -u`\" -eq 0 ]",
        "[ $(id -u) = 0 ]",
        "test $EUID -eq 0",
        "[ \"$UID\" == 0 ]",
        "[ \"$USER\" = root ]",
    ] {
        let found = told(&format!("if {test}; then\n  a\nelse\n  b\nfi\nc\n"));
        assert_eq!(found.last().map(String::as_str), Some("++ 6 c"), "{test}");
        assert_eq!(found[found.len() - 3..found.len() - 1], ["+- 2 a", "-+ 4 b"], "{test}");
    }
    let found = told("if [ \"$UID\" -ne 0 ]; then a; if x; then b; fi; elif y; then c; else d; fi");
    assert_eq!(found, ["++ 1 [|$UID|-ne|0|]", "-+ 1 a", "-+ 1 x", "-? 1 b", "?? 1 y", "?? 1 c", "?? 1 d"]);
    assert_eq!(told("if [ \"$UID\" -eq 0 ] && x; then a; fi").last().map(String::as_str), Some("?? 1 a"));
}

#[test]
fn assignments_have_a_name_and_a_value() {
    let one = |text: &str| {
        let found = commands(text).unwrap();
        let (name, added, value) = found[0].words.last().unwrap().assignment()?;
        Some((name.to_owned(), added, written(&value)))
    };
    assert_eq!(one("A=b"), Some(("A".into(), false, "b".into())));
    assert_eq!(one("export A_1+='b c'$D"), Some(("A_1".into(), true, "b c$D".into())));
    assert_eq!(one("A="), Some(("A".into(), false, String::new())));
    for none in ["a", "1A=b", "-a=b", "$A=b", "=b", "a-b=c"] {
        assert_eq!(one(none), None, "{none}");
    }
}

#[test]
fn what_is_not_closed_or_too_deep_is_not_understood() {
    for text in [
        "'",
        "\"",
        "`",
        "$(",
        "${",
        "if a; then b",
        "for",
        "for (",
        "case x",
        "case x in a",
        "{ a",
        "(a",
        ")",
        "}",
        "fi",
        "done",
        "esac",
        "else",
        "then",
        "cat <<E\nx",
        "a >",
        "[[ a",
        "((1",
        "a=(",
        "$'",
        "f() {",
    ] {
        let found = commands(text);
        assert!(found.is_err() || matches!(text, "for"), "{text}: {found:?}");
    }
    assert!(commands(&"if a; then ".repeat(1000)).unwrap_err().contains("too deeply"));
    assert!(commands(&"(".repeat(100_000)).is_err());
    assert!(commands(&"$(".repeat(100_000)).is_err());
    let long = commands(&"a=$(b \"${c}\") ".repeat(20_000)).unwrap();
    assert_eq!(long[0].words.len(), 20_000);
}
