pub(crate) fn run(_args: &[String]) -> Result<(), String> {
    Err("soon".to_owned())
}
