//! What every page has around its content: navigation, search, language, who is signed in.
use crate::assets::ASSETS;
use crate::icons;
use crate::words::{Argument, Words};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{Access, Grants, Permission};
use store::module::Modules;

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Texts in the reader's language.
    pub w: Words,
    /// Heading, and title of the browser's tab.
    pub title: String,
    /// Name of the business.
    pub tenant: String,
    /// Whether the business is marked as a test (F-004).
    pub test: bool,
    /// Name of who is signed in.
    pub user: String,
    /// Token that every form carries; empty if nobody is signed in.
    pub csrf: String,
    /// The navigation.
    pub nav: Vec<NavItem>,
    /// Path and query of this page: where a change of language leads back to.
    pub here: String,
    /// What has just been done.
    pub flash: Option<String>,
    /// What stands in the search for everything.
    pub q: String,
}

/// An entry of the navigation.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// Where it leads.
    pub href: String,
    /// What a user reads.
    pub label: String,
    /// Its picture.
    pub icon: String,
    /// Whether the page belongs to it.
    pub here: bool,
    /// Whether a gap stands above it.
    pub first: bool,
}

impl Page {
    /// The frame of a page for nobody in particular: sign-in, errors.
    pub fn bare_page(words: Words, title: impl Into<String>, here: &str) -> Self {
        Self {
            w: words,
            title: title.into(),
            tenant: String::new(),
            test: false,
            user: String::new(),
            csrf: String::new(),
            nav: Vec::new(),
            here: here.to_owned(),
            flash: None,
            q: String::new(),
        }
    }
    /// Whether the page has no navigation.
    pub fn bare(&self) -> bool {
        self.nav.is_empty()
    }
    /// A text.
    pub fn t(&self, key: &str) -> String {
        self.w.say(key)
    }
    /// A text with one argument.
    pub fn t1(&self, key: &str, name: &str, value: impl Argument) -> String {
        self.w.say1(key, name, value)
    }
    /// A text with two arguments.
    pub fn t2(&self, key: &str, name: &str, value: impl Argument, name2: &str, value2: impl Argument) -> String {
        self.w.say2(key, name, value, name2, value2)
    }
    /// A picture, as markup of our own.
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    pub fn picture(&self, name: &str) -> &'static str {
        icons::picture(name)
    }
    /// The mark of the program, as markup of our own.
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    pub fn logo(&self) -> &'static str {
        icons::LOGO
    }
    /// Where the stylesheet lies.
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    pub fn style_path(&self) -> &'static str {
        &ASSETS.style.path
    }
    /// Where the script lies.
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    pub fn script_path(&self) -> &'static str {
        &ASSETS.script.path
    }
    /// Where the icon lies.
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    pub fn icon_path(&self) -> &'static str {
        &ASSETS.icon.path
    }
}

/// The navigation of a caller: home, the modules that he may read, the registers of the privacy role.
pub(crate) fn navigation(modules: &Modules, grants: &Grants, words: Words, path: &str) -> Vec<NavItem> {
    let mut nav = vec![NavItem {
        href: "/".into(),
        label: words.say("home"),
        icon: "home".into(),
        here: path == "/",
        first: false,
    }];
    let mut pack = None;
    for definition in modules.iter().filter(|definition| grants.allows(&definition.name, Access::Read)) {
        let href = format!("/m/{}", definition.name);
        let here = path == href || path.strip_prefix(&href).is_some_and(|rest| rest.starts_with('/'));
        let from = modules.pack_of(&definition.name);
        let label = definition.plural.get(words.code()).to_owned();
        nav.push(NavItem { href, label, icon: definition.name.clone(), here, first: pack != Some(from) });
        pack = Some(from);
    }
    if grants.has(Permission::Privacy) {
        let here = path.starts_with("/subjects") || path.starts_with("/erasures");
        nav.push(NavItem {
            href: "/subjects".into(),
            label: words.say("persons"),
            icon: "shield".into(),
            here,
            first: true,
        });
    }
    for (right, path_of, key, icon) in [
        (Permission::Import, "/import", "import", "upload"),
        (Permission::ManageUsers, "/users", "users", "user"),
        (Permission::ManageUsers, "/tokens", "tokens", "key"),
    ] {
        if grants.has(right) {
            let here = path == path_of || path.strip_prefix(path_of).is_some_and(|rest| rest.starts_with('/'));
            nav.push(NavItem {
                href: path_of.into(),
                label: words.say(key),
                icon: icon.into(),
                here,
                first: key == "import",
            });
        }
    }
    nav
}

/// An answer with a page. A template of ours can fail for want of memory only; then the answer is empty and says so by its status.
pub(crate) fn html(template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
