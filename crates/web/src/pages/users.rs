//! `GET` and `POST /users`: who may sign in, and a new user; `POST /users/{id}/state` locks and unlocks (O-36, H-61). For administrators.
use crate::cross;
use crate::fail::Failure;
use crate::format;
use crate::layout::{Page, html};
use crate::pages::{Posted, Visit, see};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Permission, UserId};
use identity::{NewUser, Password, Role, UserState};

#[derive(Template)]
#[template(path = "users.html")]
struct Users {
    page: Page,
    list: Vec<User>,
    roles: Vec<(&'static str, String)>,
    typed: Typed,
    problem: Option<String>,
    /// Login and password of the user that was just made, shown this once.
    made: Option<(String, String)>,
}

struct User {
    id: String,
    login: String,
    name: String,
    role: String,
    locked: bool,
    own: bool,
    wait: Option<String>,
}

/// What was typed in the form for a new user.
#[derive(Default)]
struct Typed {
    login: String,
    name: String,
    email: String,
    role: String,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.query.only(&["done"])?;
    visit.caller().needs(Permission::ManageUsers)?;
    view(&visit, Typed::default(), None, None)
}

pub(crate) async fn send(posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs(Permission::ManageUsers)?;
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let typed = Typed { login: text("login"), name: text("name"), email: text("email"), role: text("role") };
    let role = Role::parse(&typed.role).ok_or_else(|| Failure::bad_request("required", "role"))?;
    let new_name = if typed.name.is_empty() { typed.login.clone() } else { typed.name.clone() };
    let (login, email) = (typed.login.clone(), Some(typed.email.clone()).filter(|email| !email.is_empty()));
    let (password, shown) = cross::long(&visit.app, || Ok(Password::random()?)).await?;
    let made = cross::write(&visit.tenant, visit.caller().clone(), move |op| {
        identity::create_user(op, &NewUser { login, name: new_name, email, role, password })
    });
    match made.await {
        Ok(_) => {
            let made = Some((typed.login, shown.to_string()));
            view(&visit, Typed::default(), None, made)
        }
        Err(failure) if failure.status.is_client_error() => {
            let detail = failure.errors_text(visit.words);
            let mut response = view(&visit, typed, Some(detail), None)?;
            *response.status_mut() = failure.status;
            Ok(response)
        }
        Err(failure) => Err(failure),
    }
}

/// Locks or unlocks a user.
pub(crate) async fn state(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs(Permission::ManageUsers)?;
    let id: UserId = id.parse().map_err(|_| Failure::not_found())?;
    let lock = match form.get("do") {
        Some("lock") => true,
        Some("unlock") => false,
        _ => return Err(Failure::bad_request("bad_state", "do")),
    };
    let done = cross::write(&visit.tenant, visit.caller().clone(), move |op| {
        if lock { identity::lock_user(op, id) } else { identity::unlock_user(op, id) }
    });
    match done.await {
        Ok(()) => Ok(see("/users?done=saved")),
        Err(failure) if failure.status == StatusCode::CONFLICT => {
            let mut response = view(&visit, Typed::default(), Some(failure.errors_text(visit.words)), None)?;
            *response.status_mut() = StatusCode::CONFLICT;
            Ok(response)
        }
        Err(failure) => Err(failure),
    }
}

fn view(
    visit: &Visit,
    typed: Typed,
    problem: Option<String>,
    made: Option<(String, String)>,
) -> Result<Response, Failure> {
    let mut reader = visit.reader()?;
    let own = visit.caller().actor.to_string();
    let now = visit.app.clock.now();
    let users = identity::list_users(&mut reader, visit.caller())?.into_iter().map(|user| User {
        own: own == format!("user:{}", user.id),
        id: user.id.to_string(),
        login: user.login,
        name: user.name,
        role: visit.words.say(&format!("role-{}", user.role.code())),
        locked: user.state == UserState::Locked,
        wait: user
            .locked_until
            .filter(|until| *until > now)
            .map(|until| format::moment(until, visit.zone(), visit.words.english())),
    });
    let roles = Role::ALL.map(|role| (role.code(), visit.words.say(&format!("role-{}", role.code()))));
    let view = Users {
        page: visit.page(visit.words.say("users")),
        list: users.collect(),
        roles: roles.to_vec(),
        typed,
        problem,
        made,
    };
    Ok(html(&view))
}
