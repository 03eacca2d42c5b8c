//! `config.md`: the commented file with every default.

use super::{DEFAULT_CONFIG, NOTICE};

/// The page.
pub fn page(defaults: &str) -> String {
    format!(
        "{NOTICE}\n# Configuration\n\n\
         This is `{DEFAULT_CONFIG}`, which `postrider` carries inside. Unknown keys are errors, and all problems of a \
         configuration are told at once.\n\n```toml\n{defaults}```\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_the_file_whole() {
        assert!(page("[log]\nlevel = \"info\"\n").ends_with("\n```toml\n[log]\nlevel = \"info\"\n```\n"));
    }
}
