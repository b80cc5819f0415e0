//! What shells and `man(1)` know of the verbs, by clap's own family.

use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::file::File;
use super::kind::Kind;
use super::plan::Plan;
use crate::error::Error;

/// The file of `kind`, in `/usr/local`: `/usr/share` is the packages'.
///
/// # Errors
/// What the generators said.
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
    // Last: zsh reads what it completes from the first line.
    text.push_str(&format_mark("", plan));
    Ok(File::data(format!("/usr/local/share/{place}"), text))
}

/// The manual page: section 8 is the administrator's, `man-pages(7)`.
fn manual(plan: &Plan) -> Result<File, Error> {
    let name = plan.name.as_str();
    let mut text = Vec::new();
    let mut command = (plan.command)();
    command.build();
    let page = Man::new(command.clone()).section("8");
    let path = format!("/usr/local/share/man/man8/{name}.8");
    page.render(&mut text)
        .map_err(|error| Error::at("write", path.as_ref(), error))?;
    // The options are the verbs': a page that lacked them would say nothing.
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
