import Foundation
import Testing

private let sources = ["Sources", "Plugins"].flatMap { SourceTree.files($0, ".swift") }

private func lines(of path: String) throws -> [Substring] {
    try SourceTree.text(path).split(separator: "\n", omittingEmptySubsequences: false)
}

@Test("At most 2 % of the lines are longer than 100 columns")
func lineLength() throws {
    let all = try (sources + SourceTree.files("Tests", ".swift")).flatMap(lines)
    let long = all.count { $0.count > 100 }
    #expect(all.count > 10_000 && long * 50 <= all.count, "\(long) of \(all.count) lines")
}

@Test("A tuple is assigned only where values change places or are taken apart")
func tupleAssignments() throws {
    // The right side is a tuple itself, and names no value that the left side sets.
    let pattern =
        /^\s*(?:(?:let|var) )?\((?<left>[^()]*,[^()]*)\) = \((?<right>(?:[^()]|\([^()]*\))*)\)$/
    for path in sources {
        for (number, line) in try lines(of: path).enumerated() {
            guard let match = try pattern.wholeMatch(in: line) else { continue }
            let set = match.left.split(separator: /[^\w]+/)
            let used = match.right.split(separator: /[^\w]+/)
            #expect(set.contains { used.contains($0) }, "\(path):\(number + 1): \(line)")
        }
    }
}

@Test("One `try` covers a statement")
func oneTry() throws {
    #expect(hasSecondTry("let a = try f(try g())") && hasSecondTry("    return try [try g()]"))
    #expect(!hasSecondTry("if let a = try f(x), let b = try g(a)"))
    #expect(!hasSecondTry("let a = try f(list.map { try g($0) })"))
    for path in sources {
        for (number, line) in try lines(of: path).enumerated() {
            #expect(!hasSecondTry(line), "\(path):\(number + 1): \(line)")
        }
    }
}

/// Whether a `try` stands in the brackets of an expression that another `try` of the line covers
/// already; a closure begins an expression of its own.
private func hasSecondTry(_ line: Substring) -> Bool {
    let words = line.matches(of: /\btry\b(?![?!])|[()\[\]{}]/).map { String($0.output) }
    for (start, word) in words.enumerated() where word == "try" {
        var depth = 0
        search: for next in words[(start + 1)...] {
            switch next {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "try": if depth > 0 { return true }
            default: break search
            }
            if depth < 0 { break }
        }
    }
    return false
}
