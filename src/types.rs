//! The types of facts and of the files people write, read off their JSON schemas.

mod schema;

use std::sync::{Arc, LazyLock};

pub use schema::{Field, Struct, Type};

impl Type {
    /// The type of the whole of [`crate::facts::Facts`].
    pub fn facts() -> &'static Struct {
        static FACTS: LazyLock<Arc<Struct>> = LazyLock::new(built::facts);
        &FACTS
    }
}

/// What the build script has read off the schema of facts: to read it at every start would take longer than most audits.
mod built {
    use super::*;

    fn named(name: &str, doc: &str, fields: Vec<(&str, Field)>, required: &[&str], rest: Option<Type>) -> Arc<Struct> {
        let fields = fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
        let required = required.iter().map(|name| (*name).to_owned()).collect();
        Arc::new(Struct { doc: doc.to_owned(), fields, required, rest, ..Struct::empty(name) })
    }

    fn words(words: &[&str]) -> Type {
        Type::Enum(words.iter().map(|word| (*word).to_owned()).collect())
    }

    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_built_is_what_the_schema_says() {
        assert_eq!(Type::of::<crate::facts::Facts>(), Type::Struct(Arc::new(Type::facts().clone())));
    }

    /// CEL sees a list's elements as they are: one that may be unknown would be dropped in silence.
    #[test]
    fn no_list_has_elements_that_may_be_unknown() {
        fn walk(ty: &Type, at: &str, lists: &mut usize) {
            match ty {
                Type::List(of) => {
                    *lists += 1;
                    assert!(!matches!(**of, Type::Observed(_) | Type::Optional(_)), "{at}");
                    walk(of, at, lists);
                }
                Type::Map(of) | Type::Optional(of) | Type::Observed(of) => walk(of, at, lists),
                Type::Struct(fields) => {
                    fields.fields.iter().for_each(|(name, field)| walk(&field.ty, &format!("{at}.{name}"), lists));
                }
                _ => {}
            }
        }
        let mut lists = 0;
        walk(&Type::Struct(Arc::new(Type::facts().clone())), "facts", &mut lists);
        assert!(lists > 20, "{lists}");
    }
}
