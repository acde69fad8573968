/// The outline of a mask as polygons along the edges of its pixels, as people draw them for COCO.
struct Outline {
    /// Corners x, y, x, y, … of every part, clockwise on the screen.
    private(set) var polygons: [[Double]] = []
    /// Whether a part has a hole, which polygons cannot represent.
    private(set) var hasHoles = false

    /// - Parameter mask: 1 inside, row by row
    init(_ mask: [UInt8], height: Int, width: Int) {
        /// Whether the pixel at (`x`, `y`) is inside.
        func inside(_ x: Int, _ y: Int) -> Bool {
            x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] != 0
        }
        /// Whether an edge leads from the corner (`x`, `y`) in a direction, with the inside at its
        /// right.
        func leads(_ x: Int, _ y: Int, _ direction: Direction) -> Bool {
            let (right, left): ((Int, Int), (Int, Int)) =
                switch direction {
                case .east: ((x, y), (x, y - 1))
                case .south: ((x - 1, y), (x, y))
                case .west: ((x - 1, y - 1), (x - 1, y))
                case .north: ((x, y - 1), (x - 1, y - 1))
                }
            return inside(right.0, right.1) && !inside(left.0, left.1)
        }
        var seen: Set<Int> = []  // corners from which an edge to the east was followed
        for start in mask.indices where mask[start] != 0 && !seen.contains(start) {
            let corner = (x: start % width, y: start / width)
            guard leads(corner.x, corner.y, .east) else { continue }
            var place = corner
            var direction = Direction.east
            var corners: [(x: Int, y: Int)] = []
            repeat {
                if direction == .east { seen.insert(place.y * width + place.x) }
                place = (place.x + direction.step.x, place.y + direction.step.y)
                // Keeping to the right at a corner where two pixels touch, parts stay apart.
                guard let next = direction.turns.first(where: { leads(place.x, place.y, $0) })
                else { break }
                if next != direction { corners.append(place) }
                direction = next
            } while place != corner || direction != .east
            if Outline.area(corners) > 0 {
                polygons.append(corners.flatMap { [Double($0.x), Double($0.y)] })
            } else {
                hasHoles = true
            }
        }
    }

    /// Twice the area within; negative where the corners go the other way round.
    private static func area(_ corners: [(x: Int, y: Int)]) -> Int {
        zip(corners, corners.dropFirst() + corners.prefix(1)).reduce(0) {
            $0 + $1.0.x * $1.1.y - $1.1.x * $1.0.y
        }
    }

    /// Along the edges of pixels; y points downwards.
    private enum Direction: Int {
        case east, south, west, north

        var step: (x: Int, y: Int) {
            switch self {
            case .east: (1, 0)
            case .south: (0, 1)
            case .west: (-1, 0)
            case .north: (0, -1)
            }
        }

        /// To the right, straight on, to the left.
        var turns: [Direction] {
            [1, 0, 3].compactMap { Direction(rawValue: (rawValue + $0) % 4) }
        }
    }
}
