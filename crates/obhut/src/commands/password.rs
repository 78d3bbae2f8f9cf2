//! A new password for a user: from standard input, typed twice at the terminal, or made here and shown once.
use crate::failure::Failure;
use crate::output::{Output, Question};
use identity::Password;

/// A password on standard input may be so long, in bytes.
const MAX_BYTES: u64 = 4_096;

/// A password as it is stored, and its text if it was made here and so must be told.
pub(crate) struct New {
    /// To store.
    pub password: Password,
    /// To show, once.
    pub made: Option<String>,
}

/// The password of a new user, or a new one for a user.
pub(crate) fn new(stdin: bool, out: &mut Output<'_>) -> Result<New, Failure> {
    if stdin {
        let text = out.ask(&Question::Input(MAX_BYTES))?.unwrap_or_default();
        return Ok(New { password: Password::given(text.trim_end_matches(['\r', '\n']))?, made: None });
    }
    let lang = out.lang();
    let Some(first) = out.ask(&Question::Secret(lang.pick("Neues Passwort: ", "New password: ").to_owned()))? else {
        let (password, text) = Password::random()?;
        return Ok(New { password, made: Some(text.to_string()) });
    };
    let again = out.ask(&Question::Secret(lang.pick("Noch einmal: ", "Once more: ").to_owned()))?;
    if again.as_deref() != Some(first.as_str()) {
        return Err(Failure::refused(
            "password-differs",
            "Die beiden Eingaben sind verschieden. Es wurde nichts gespeichert.",
            "The two differ. Nothing was saved.",
        ));
    }
    Ok(New { password: Password::given(&first)?, made: None })
}

/// How a password that was made is told to a person.
pub(crate) fn told(made: Option<&str>, lang: crate::output::Lang) -> String {
    made.map(|text| {
        format!("{}: {text}\n", lang.pick("Passwort (wird nur jetzt gezeigt)", "Password (shown only now)"))
    })
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;
    use crate::output::{Lang, tests::Kept};

    #[test]
    fn what_was_typed_twice_must_be_the_same_and_keep_the_rules() {
        let mut kept = Kept { answer: Some("kurz".into()), ..Kept::default() };
        let refused = new(false, &mut Output::new(&mut kept, Lang::De, false)).err().unwrap();
        assert_eq!(refused.exit, Exit::Refused);
        let mut kept = Kept { answer: Some("lang genug und mit 1 Ziffer\n".into()), ..Kept::default() };
        assert!(new(true, &mut Output::new(&mut kept, Lang::De, false)).unwrap().made.is_none());
    }

    #[test]
    fn without_anybody_to_ask_one_is_made() {
        let password = new(false, &mut Output::new(&mut Kept::default(), Lang::De, false)).unwrap();
        assert!(password.made.is_some_and(|text| text.len() >= 20));
    }
}
