import DenseKitConfiguration
import Testing

/// A shape whose other settings depend on its kind.
private struct Shape: VariantConfiguration, Equatable {
    enum Kind: String, Codable, CaseIterable { case circle, ring }

    struct Ring: YAMLConfiguration, Equatable {
        var inner = 1
        var outer = 4
    }

    var kind = Kind.circle
    var radius: Int? = 2
    var ring: Ring?

    init() {}

    init(_ kind: Kind) {
        self.kind = kind
        if kind == .ring {
            radius = nil
            ring = Ring(outer: 9)
        }
    }

    static func defaults(for written: YAMLNode) -> Shape {
        Shape(Kind(rawValue: written["kind"]?.scalar?.text ?? "") ?? .circle)
    }
}

/// Settings of which one decides the defaults of the others.
@Suite struct VariantTests {
    private func shape(_ yaml: String) throws -> Shape {
        try Shape.decode(yaml: yaml, file: "a.yaml")
    }

    @Test func defaultsFollowWhatIsWritten() throws {
        #expect(try shape("{}") == Shape(.circle) && shape("{radius: 3}").radius == 3)
        #expect(try shape("{kind: ring}") == Shape(.ring))
        // in any order, and below nested keys
        let ring = try shape("{ring: {inner: 5}, kind: ring}")
        #expect(ring.ring == Shape.Ring(inner: 5, outer: 9) && ring.radius == nil)
    }

    @Test func asAComponent() throws {
        struct Root: YAMLConfiguration { var shape: ComponentNode? }
        let root: Root = try parse("shape: {type: Shape, kind: ring}").decode()
        #expect(try root.shape?.settings(Shape.self) == Shape(.ring))
    }

    @Test func mistakesAreFoundAsEver() {
        #expect(
            message("kind") { _ = try shape("{kind: square}") }
                == "a.yaml:1:8: kind: 'square' is none of circle, ring")
        #expect(
            message("key") { _ = try shape("{kind: ring, radios: 1}") }
                == "a.yaml:1:14: unknown key 'radios'; did you mean 'radius'? (keys: kind, radius, ring)"
        )
    }
}
