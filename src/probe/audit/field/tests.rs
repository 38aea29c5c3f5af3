use super::*;

const fn auid(op: Op, value: u32) -> Field {
    Field::number(What::LOGINUID, op, value)
}

#[test]
fn numbers_follow_from_numbers() {
    let people = [auid(Op::GreaterOrEqual, 1000), auid(Op::NotEqual, UNSET)];
    for (field, fit) in [
        (auid(Op::GreaterOrEqual, 1000), Fit::Always),
        (auid(Op::GreaterOrEqual, 500), Fit::Always),
        (auid(Op::Greater, 999), Fit::Always),
        (auid(Op::NotEqual, 0), Fit::Always),
        (auid(Op::NotEqual, UNSET), Fit::Always),
        (Field::number(What::LOGINUID_SET, Op::Equal, 1), Fit::Always),
        (Field::number(What::LOGINUID_SET, Op::NotEqual, 0), Fit::Always),
        (auid(Op::GreaterOrEqual, 2000), Fit::Partly),
        (auid(Op::Equal, 1000), Fit::Partly),
        (auid(Op::NotEqual, 1000), Fit::Partly),
        (auid(Op::Less, 1000), Fit::Never),
        (auid(Op::Equal, 0), Fit::Never),
        (auid(Op::Equal, UNSET), Fit::Never),
        (Field::number(What::LOGINUID_SET, Op::Equal, 0), Fit::Never),
        (auid(Op::BitMask, 1), Fit::Partly),
        (Field::number(What(1), Op::Equal, 0), Fit::Partly),
    ] {
        assert_eq!(field.fits(&people), fit, "{field}");
    }
    // Who never logged in has the greatest number.
    assert_eq!(auid(Op::NotEqual, UNSET).fits(&[auid(Op::GreaterOrEqual, 1000)]), Fit::Partly);
    assert_eq!(auid(Op::Greater, UNSET).fits(&[]), Fit::Never);
    assert_eq!(auid(Op::GreaterOrEqual, 0).fits(&[]), Fit::Always);
}

#[test]
fn an_error_is_no_success() {
    let denied = [Field::number(What::EXIT, Op::Equal, (-13_i32).cast_unsigned())];
    assert_eq!(Field::number(What::SUCCESS, Op::Equal, 0).fits(&denied), Fit::Always);
    assert_eq!(Field::number(What::SUCCESS, Op::Equal, 1).fits(&denied), Fit::Never);
    assert_eq!(Field::number(What::SUCCESS, Op::Equal, 0).fits(&[]), Fit::Partly);
    assert_eq!(Field::number(What::EXIT, Op::Equal, (-1_i32).cast_unsigned()).fits(&denied), Fit::Never);
}

#[test]
fn texts_and_comparisons_are_equal_or_not() {
    let exe = |op, text: &str| Field { what: What::EXE, op, value: Value::Text(text.to_owned()) };
    let shell = [exe(Op::Equal, "/bin/sh")];
    assert_eq!(exe(Op::Equal, "/bin/sh").fits(&shell), Fit::Always);
    assert_eq!(exe(Op::Equal, "/bin/su").fits(&shell), Fit::Never);
    assert_eq!(exe(Op::NotEqual, "/bin/sh").fits(&shell), Fit::Never);
    assert_eq!(exe(Op::NotEqual, "/bin/su").fits(&shell), Fit::Partly);
    assert_eq!(exe(Op::Equal, "/bin/sh").fits(&[]), Fit::Partly);
    let compare = |op, number| Field::number(What::COMPARE, op, number);
    let other = [compare(Op::NotEqual, comparison("euid", "uid").unwrap())];
    assert_eq!(compare(Op::NotEqual, comparison("uid", "euid").unwrap()).fits(&other), Fit::Always);
    assert_eq!(compare(Op::Equal, comparison("uid", "euid").unwrap()).fits(&other), Fit::Never);
    assert_eq!(compare(Op::NotEqual, comparison("gid", "egid").unwrap()).fits(&other), Fit::Partly);
    assert_eq!(comparison("uid", "gid"), None);
}
