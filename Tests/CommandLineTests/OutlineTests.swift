import Testing

@testable import DenseKitCommandLine

private func outline(_ rows: [String]) -> Outline {
    Outline(
        rows.flatMap { $0.utf8.map { $0 == UInt8(ascii: "#") ? 1 : 0 } }, height: rows.count,
        width: rows[0].count)
}

@Test("Outlines go along the edges of pixels, clockwise, a part each")
func outlines() {
    let corner = outline(["##.", "#..", "..#"])
    #expect(corner.polygons == [[2, 0, 2, 1, 1, 1, 1, 2, 0, 2, 0, 0], [3, 2, 3, 3, 2, 3, 2, 2]])
    #expect(!corner.hasHoles)
    // Pixels that touch at a corner alone are parts of their own.
    #expect(
        outline(["#.", ".#"]).polygons == [[1, 0, 1, 1, 0, 1, 0, 0], [2, 1, 2, 2, 1, 2, 1, 1]])
    #expect(outline(["...", "..."]).polygons.isEmpty)
}

@Test("A hole is noticed")
func holes() {
    let ring = outline(["###", "#.#", "###"])
    #expect(ring.hasHoles && ring.polygons == [[3, 0, 3, 3, 0, 3, 0, 0]])
    #expect(!outline(["###", "#.#", "#.#"]).hasHoles)
}
