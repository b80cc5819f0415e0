//! Shell completions and the manual page, by the generators of clap.

use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::file::File;
use super::kind::Kind;
use super::plan::Plan;
use crate::error::Error;

/// Generates the file of `kind` for `/usr/local`, since `/usr/share` belongs to packages.
///
/// # Errors
/// A generator fails.
pub(super) fn file(kind: Kind, plan: &Plan) -> Result<File, Error> {
    let name = plan.name.as_str();
    let (place, shell) = match kind {
        Kind::Bash => (format!("bash-completion/completions/{name}"), Shell::Bash),
        Kind::Zsh => (format!("zsh/site-functions/_{name}"), Shell::Zsh),
        Kind::Fish => (
            format!("fish/vendor_completions.d/{name}.fish"),
            Shell::Fish,
        ),
        _ => return manual(plan),
    };
    let mut text = Vec::new();
    generate(shell, &mut (plan.command)(), name, &mut text);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    // At the end, since zsh reads the name of the command from the first line.
    text.push_str(&format_mark("", plan));
    Ok(File::data(format!("/usr/local/share/{place}"), text))
}

/// Generates the manual page in section 8, for administrators, `man-pages(7)`.
fn manual(plan: &Plan) -> Result<File, Error> {
    let name = plan.name.as_str();
    let mut text = Vec::new();
    let mut command = (plan.command)();
    command.build();
    let page = Man::new(command.clone()).section("8");
    let path = format!("/usr/local/share/man/man8/{name}.8");
    page.render(&mut text)
        .map_err(|error| Error::at("write", path.as_ref(), error))?;
    // The options belong to the verbs, and clap omits those from the page.
    for verb in command.get_subcommands() {
        text.extend_from_slice(format!(".SH \"{name} {}\"\n", verb.get_name()).as_bytes());
        let options = Man::new(verb.clone());
        options
            .render_options_section(&mut text)
            .map_err(|error| Error::at("write", path.as_ref(), error))?;
    }
    let mut text = String::from_utf8_lossy(&text).into_owned();
    text.push_str(&format_mark(".\\\" ", plan));
    Ok(File::data(path, text))
}

fn format_mark(comment: &str, plan: &Plan) -> String {
    format!("{comment}{}\n", plan.mark())
}
