extension RunLengthMask {
    /// No coordinate is farther away: five times as much is still counted in 32 bits.
    static let farthest = 4e8

    /// The mask of the union of polygons, each a list `x, y, x, y, …` in pixels.
    ///
    /// Equal to pycocotools' `frPyObjects` and `merge` in every pixel. A polygon of fewer than
    /// three points covers nothing.
    /// - Throws: `MaskError` for an impossible size, a polygon with an odd number of coordinates,
    ///   and a coordinate that is not a number or too far away.
    public init(polygons: some Collection<some Collection<Double>>, size: Size2D) throws(MaskError)
    {
        var masks: [RunLengthMask] = []
        masks.reserveCapacity(polygons.count)
        for polygon in polygons { masks.append(try RunLengthMask(polygon: polygon, size: size)) }
        guard let first = masks.first else {
            self = try RunLengthMask(emptyOf: size)
            return
        }
        self = masks.count == 1 ? first : try RunLengthMask(union: masks)
    }

    /// The mask of a box, drawn as pycocotools does: as the polygon of its corners.
    /// - Throws: `MaskError` for an impossible size, and a coordinate that is not a number or too
    ///   far away.
    public init(box: COCOBox, size: Size2D) throws(MaskError) {
        let left = box.x
        let top = box.y
        let right = box.x + box.width
        let bottom = box.y + box.height
        self = try RunLengthMask(
            polygon: [left, top, left, bottom, right, bottom, right, top], size: size)
    }

    /// The mask of a polygon `x, y, x, y, …` in pixels.
    ///
    /// pycocotools walks along the edges on a grid five times finer than the pixels. Where a walk
    /// passes the middle of a column, the column changes between outside and inside, below the
    /// upper of the two points; edges of even and odd directions meet in the same points.
    /// - Throws: `MaskError` for an impossible size, an odd number of coordinates, and a coordinate
    ///   that is not a number or too far away.
    public init(polygon: some Collection<Double>, size: Size2D) throws(MaskError) {
        let pixels = try Self.pixels(of: size)
        let points = try Self.finePoints(polygon)
        var changes: [UInt32] = []
        for index in points.indices {
            let next = points[index + 1 < points.count ? index + 1 : 0]
            FineEdge(points[index], next).forEachCrossing(columns: size.width) { column, y in
                let row = ((Double(y) + 0.5) / 5 - 0.5).rounded(.up)
                changes.append(
                    UInt32(column * size.height + Int(min(max(row, 0), Double(size.height)))))
            }
        }
        changes.sort()
        changes.append(UInt32(pixels))
        self.init(size: size, fitting: Self.runs(between: changes))
    }

    /// The points on the finer grid, rounded as C rounds `5 x + 0.5` to an integer.
    private static func finePoints(_ polygon: some Collection<Double>) throws(MaskError)
        -> [FinePoint]
    {
        guard polygon.count % 2 == 0 else { throw .coordinates(count: polygon.count) }
        var points: [FinePoint] = []
        points.reserveCapacity(polygon.count / 2)
        var x = 0
        for (index, value) in polygon.enumerated() {
            guard abs(value) <= farthest else { throw .coordinate(value, index: index) }
            let fine = Int(5 * value + 0.5)
            if index % 2 == 0 { x = fine } else { points.append(FinePoint(x: x, y: fine)) }
        }
        return points
    }

    /// The runs between ascending pixels. Two changes at one pixel are none: the runs around them
    /// are one.
    private static func runs(between changes: [UInt32]) -> [UInt32] {
        var runs: [UInt32] = []
        runs.reserveCapacity(changes.count)
        runs.append(changes[0])
        var index = 1
        while index < changes.count {
            let run = changes[index] - changes[index - 1]
            if run > 0 {
                runs.append(run)
            } else {
                index += 1
                if index < changes.count {
                    runs[runs.count - 1] += changes[index] - changes[index - 1]
                }
            }
            index += 1
        }
        return runs
    }
}

/// A point on the grid five times finer than the pixels.
private struct FinePoint {
    let x: Int
    let y: Int
}

/// A straight walk between two points of the finer grid: one step at a time along the longer side,
/// rounded along the shorter.
private struct FineEdge {
    private let start: FinePoint
    private let end: FinePoint
    /// Steps along x, not along y.
    private let isFlat: Bool

    /// The walk goes to the right or down, whichever is longer: it has the same points as the way
    /// back.
    init(_ one: FinePoint, _ other: FinePoint) {
        isFlat = abs(one.x - other.x) >= abs(one.y - other.y)
        (start, end) = (isFlat ? one.x > other.x : one.y > other.y) ? (other, one) : (one, other)
    }

    /// The pixel columns whose middle the walk passes, with the upper y there. The middle is
    /// between the fine columns `5 c + 2` and `5 c + 3`.
    func forEachCrossing(columns: Int, _ body: (_ column: Int, _ y: Int) -> Void) {
        let left = min(start.x, end.x)
        let right = max(start.x, end.x)
        let first = max(0, left <= 2 ? 0 : (left + 2) / 5)
        let last = min(columns - 1, right < 3 ? -1 : (right - 3) / 5)
        guard first <= last else { return }
        let dx = end.x - start.x
        let dy = end.y - start.y
        let slope = isFlat ? Double(dy) / Double(dx) : Double(dx) / Double(dy)
        for column in first...last {
            let x = 5 * column + 2
            if isFlat {
                body(column, min(y(at: x - start.x, slope), y(at: x - start.x + 1, slope)))
            } else {
                body(column, start.y + steps(to: x, slope, dy))
            }
        }
    }

    private func y(at step: Int, _ slope: Double) -> Int {
        Int(Double(start.y) + slope * Double(step) + 0.5)
    }
    private func x(at step: Int, _ slope: Double) -> Int {
        Int(Double(start.x) + slope * Double(step) + 0.5)
    }

    /// The last step on its side of the line between the fine columns `x` and `x + 1`: an estimate,
    /// put right by the rounded walk itself.
    private func steps(to x: Int, _ slope: Double, _ count: Int) -> Int {
        var step = min(max(Int((Double(x) + 0.5 - Double(start.x)) / slope), 0), count - 1)
        func hasCrossed(_ step: Int) -> Bool {
            slope > 0 ? self.x(at: step, slope) > x : self.x(at: step, slope) <= x
        }
        while step > 0, hasCrossed(step) { step -= 1 }
        while step < count - 1, !hasCrossed(step + 1) { step += 1 }
        return step
    }
}
