fn main() {
    polity::build_script::compile("platform");
}
