//! The crate's environment variables, and warnings about names that only look like them.

/// Prefix of all of them.
const OURS: &str = "MISCOUNT_";

/// Every environment variable that the crate reads.
pub const VARIABLES: [&str; 11] = [
    "MISCOUNT_THREADS",
    "MISCOUNT_LEVELS",
    "MISCOUNT_PLACEMENT",
    "MISCOUNT_FULL",
    "MISCOUNT_PASSES",
    "MISCOUNT_TIME",
    "MISCOUNT_RESULTS",
    "MISCOUNT_PYTHONS",
    "MISCOUNT_PYTHON_PACKAGES",
    "MISCOUNT_MACHINE",
    "MISCOUNT_REQUIRE_BROWSER",
];

/// A line on each variable that has the prefix but is not one of them.
pub fn unknown(variables: impl Iterator<Item = String>) -> Vec<String> {
    // Cargo also passes the build script's variables to the program.
    let built = ["RUSTC", "FLAGS"];
    let is_known = |name: &str| VARIABLES.contains(&name) || built.contains(&&name[OURS.len()..]);
    let ours = variables.filter(|name| name.starts_with(OURS) && !is_known(name));
    let known = VARIABLES.join(", ");
    ours.map(|name| format!("{name:?} is no variable of miscount's and changes nothing; there are {known}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_variable_is_told() {
        let told = |names: &[&str]| unknown(names.iter().map(|name| (*name).to_owned()));
        assert!(told(&VARIABLES).is_empty() && told(&["PATH", "MISCOUNT"]).is_empty());
        let lines = told(&[&format!("{OURS}THREAD"), "PATH"]);
        assert!(lines.len() == 1 && lines[0].starts_with("\"MISCOUNT_THREAD\" is no variable"), "{lines:?}");
    }
}
