import DenseKitErrors
import Testing

private struct Sample: DenseKitError {
    var place: String?
    var problem: String
    var remedy: String?
    var origin: ErrorOrigin = .input
}

/// Says no more than it must.
private struct Bare: DenseKitError {
    var problem: String { "no loss" }
    var origin: ErrorOrigin { .program }
}

private struct Foreign: Error {}

@Test(
    "An error reads: place, problem, remedy",
    arguments: [
        (Sample(problem: "no loss"), "no loss"),
        (Sample(place: "a.png", problem: "no such file"), "a.png: no such file"),
        (
            Sample(place: "a.yaml:1:2", problem: "unknown key 'x'", remedy: "did you mean 'y'?"),
            "a.yaml:1:2: unknown key 'x'; did you mean 'y'?"
        ),
        (
            Sample(problem: "the stride is too large", remedy: "at most the crop"),
            "the stride is too large; at most the crop"
        ),
        (
            Sample(
                place: "w.pt", problem: "is damaged", remedy: "Nothing was run. Fetch it again."),
            "w.pt: is damaged. Nothing was run. Fetch it again."
        ),
        (
            Sample(
                place: "w.pt", problem: "does not fit:\n  other shape: a", remedy: "use another"),
            "w.pt: does not fit:\n  other shape: a\nuse another"
        ),
        (Sample(place: "a.png", problem: "no such file", remedy: ""), "a.png: no such file"),
    ])
private func texts(error: Sample, text: String) {
    #expect("\(error)" == text)
}

@Test("Place and remedy may be left out, and errors of others are a program's")
func defaults() {
    #expect(Bare().place == nil && Bare().remedy == nil && "\(Bare())" == "no loss")
    #expect(ErrorOrigin(of: Sample(problem: "", origin: .configuration)) == .configuration)
    #expect(ErrorOrigin(of: Foreign()) == .program)
}

@Test("A term has the library's name until a program gives it another, in every message after that")
func terms() {
    let term = Term("of this test")
    let other = Term("`Count(\"…\")`")
    func message() -> String { "choose another with \(term), or \(other("a.yaml"))" }
    #expect(message() == "choose another with of this test, or `Count(\"a.yaml\")`")
    Term.rename([term: "--test", other: "`count …`"])
    #expect(message() == "choose another with --test, or `count a.yaml`")
    #expect(term.name == "of this test")
}
