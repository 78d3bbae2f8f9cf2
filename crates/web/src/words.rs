//! The texts of the interface, in German and English: `locales/de.ftl` and `locales/en.ftl`, carried in the program.
//!
//! A text that is missing in one language, used nowhere, or that wants other arguments there is found by the test below.
use crate::lang::Lang;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;

const GERMAN: &str = include_str!("../locales/de.ftl");
const ENGLISH: &str = include_str!("../locales/en.ftl");

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle(Lang::De, GERMAN), bundle(Lang::En, ENGLISH)]);

fn bundle(lang: Lang, text: &str) -> FluentBundle<FluentResource> {
    let language = lang.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    // What cannot be read is dropped here and found by the test; a page with one text less is better than none.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The texts in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(pub Lang);

impl Words {
    /// `de` or `en`.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
    /// Whether the language is English.
    pub fn english(self) -> bool {
        self.0 == Lang::En
    }
    /// The text of a key; the key itself if there is none, so that nothing is silently empty.
    pub fn say(self, key: &str) -> String {
        self.find(key, None).unwrap_or_else(|| key.to_owned())
    }
    /// The text of a key that may not exist.
    pub fn known(self, key: &str) -> Option<String> {
        self.find(key, None)
    }
    /// A text with one argument.
    pub fn say1(self, key: &str, name: &str, value: impl Argument) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name, value.value());
        self.find(key, Some(&arguments)).unwrap_or_else(|| key.to_owned())
    }
    /// A text with two arguments.
    pub fn say2(self, key: &str, name: &str, value: impl Argument, name2: &str, value2: impl Argument) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name, value.value());
        arguments.set(name2, value2.value());
        self.find(key, Some(&arguments)).unwrap_or_else(|| key.to_owned())
    }

    fn find(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = BUNDLES.get(usize::from(self.english()))?;
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, arguments, &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::warn!(key, ?errors, "a text of the interface could not be filled in");
        }
        Some(text)
    }
}

/// What can stand in a text: a text, or a number that decides between one and many.
pub trait Argument {
    /// As Fluent takes it.
    fn value(&self) -> FluentValue<'static>;
}
impl<T: Argument + ?Sized> Argument for &T {
    fn value(&self) -> FluentValue<'static> {
        (**self).value()
    }
}
impl Argument for str {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}
impl Argument for String {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.clone())
    }
}
impl Argument for usize {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}
impl Argument for i64 {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

#[cfg(test)]
mod tests;
