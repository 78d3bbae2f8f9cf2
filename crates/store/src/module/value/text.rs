//! Texts: NFC, trimmed, without control characters.
use super::{Reading, Refusal};
use icu_normalizer::ComposingNormalizerBorrowed;

/// One line of at most `max` characters. Line breaks and tabs become spaces.
pub(in super::super) fn line(text: &str, max: usize) -> Reading {
    finish(clean(text, false)?, max)
}

/// Several lines of at most `max` characters altogether. Line ends become `\n`.
pub(in super::super) fn lines(text: &str, max: usize) -> Reading {
    finish(clean(text, true)?, max)
}

fn finish(text: String, max: usize) -> Reading {
    if text.chars().count() > max {
        return Err(Refusal::new(
            "too_long",
            format!("Höchstens {max} Zeichen."),
            format!("At most {max} characters."),
        ));
    }
    Ok(if text.is_empty() { None } else { Some(text.into()) })
}

/// The text in its canonical form.
pub(in super::super) fn clean(text: &str, keep_lines: bool) -> Result<String, Refusal> {
    let text = text.replace('\u{feff}', "").replace("\r\n", "\n");
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                kept.push(if keep_lines { '\n' } else { ' ' });
            }
            '\t' => kept.push(if keep_lines { '\t' } else { ' ' }),
            control if control.is_control() => {
                return Err(Refusal::new(
                    "control_character",
                    "Der Text enthält ein Steuerzeichen.",
                    "The text contains a control character.",
                ));
            }
            other => kept.push(other),
        }
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&kept);
    Ok(composed.trim().to_owned())
}
