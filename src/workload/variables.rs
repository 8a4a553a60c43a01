//! Which variables of the environment mean something here, and which only look like it.

/// How they all begin.
const OURS: &str = "MISCOUNT_";

/// Every variable of the environment that means something here.
pub const VARIABLES: [&str; 10] = [
    "MISCOUNT_THREADS",
    "MISCOUNT_LEVELS",
    "MISCOUNT_PLACEMENT",
    "MISCOUNT_FULL",
    "MISCOUNT_PASSES",
    "MISCOUNT_TIME",
    "MISCOUNT_RESULTS",
    "MISCOUNT_PYTHONS",
    "MISCOUNT_MACHINE",
    "MISCOUNT_REQUIRE_BROWSER",
];

/// A line on each of these variables that looks like one of ours and is none.
pub fn unknown(variables: impl Iterator<Item = String>) -> Vec<String> {
    // What the build script tells the compiler, cargo tells the program, too.
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
