extension RunLengthMask {
    /// The mask of the pixels of a row-major bitmap that are not 0.
    /// - Parameters:
    ///   - bitmap: `height · width` bytes
    ///   - size: of the mask, in pixels
    /// - Throws: `MaskError` for an impossible size, and a bitmap of another size.
    public init(bitmap: [UInt8], size: Size2D) throws(MaskError) {
        let pixels = try Self.pixels(of: size)
        guard bitmap.count == pixels else { throw .sum(runs: bitmap.count, size: size) }
        self = bitmap.withUnsafeBufferPointer { Self(pixels: $0, size: size) }
    }

    /// The mask as a row-major bitmap `[h, w]`: 1 inside, 0 outside.
    public func bitmap() -> [UInt8] {
        let pixels = size.height * size.width
        return [UInt8](unsafeUninitializedCapacity: pixels) { target, written in
            target.update(repeating: 0)
            draw(into: target)
            written = pixels
        }
    }

    /// Sets the mask's pixels to 1 in a row-major bitmap of `height · width` bytes; other bytes are
    /// not changed.
    public func draw(into target: UnsafeMutableBufferPointer<UInt8>) {
        let height = size.height
        let width = size.width
        precondition(
            target.count >= height * width, "a mask is drawn into a bitmap of its own size")
        guard let pixels = target.baseAddress else { return }
        forEachRun { run in
            var column = run.lowerBound / height
            var row = run.lowerBound - column * height
            var rest = run.count
            while rest > 0 {
                let length = min(rest, height - row)
                var pixel = pixels + (row * width + column)
                for _ in 0..<length {
                    pixel.pointee = 1
                    pixel += width
                }
                rest -= length
                row = 0
                column += 1
            }
        }
    }

    /// Rows are compared with the rows above them, in their own order in memory; what changes is
    /// then sorted by columns.
    private init(pixels: UnsafeBufferPointer<UInt8>, size: Size2D) {
        let height = size.height
        let width = size.width
        guard height > 0, width > 0 else {
            self.init(size: size, fitting: [0])
            return
        }
        /// The columns and rows where a pixel differs from the one above, row after row.
        var changes: [(column: Int32, row: Int32)] = []
        var ends = [Int](repeating: 0, count: width + 1)
        for row in 1..<max(1, height) {
            let above = row * width - width
            let here = row * width
            Self.forEachDifference(pixels, above, here, width) { column in
                changes.append((Int32(column), Int32(row)))
                ends[column + 1] += 1
            }
        }
        for column in 0..<width { ends[column + 1] += ends[column] }
        var places = ends
        var rows = [Int32](repeating: 0, count: changes.count)
        for change in changes {
            rows[places[Int(change.column)]] = change.row
            places[Int(change.column)] += 1
        }
        var counts: [UInt32] = []
        counts.reserveCapacity(changes.count + 2)
        var start = 0
        var isInside = false
        func end(at pixel: Int) {
            counts.append(UInt32(pixel - start))
            start = pixel
            isInside = !isInside
        }
        for column in 0..<width {
            if (pixels[column] != 0) != isInside { end(at: column * height) }
            for index in ends[column]..<ends[column + 1] {
                end(at: column * height + Int(rows[index]))
            }
        }
        counts.append(UInt32(height * width - start))
        self.init(size: size, fitting: counts)
    }

    /// The columns in which one of two rows is inside and the other is not.
    @inline(__always)
    private static func forEachDifference(
        _ pixels: UnsafeBufferPointer<UInt8>, _ one: Int, _ other: Int, _ width: Int,
        _ body: (Int) -> Void
    ) {
        let bytes = UnsafeRawBufferPointer(pixels)
        var column = 0
        while column < width {
            if column + 8 <= width,
                bytes.loadUnaligned(fromByteOffset: one + column, as: UInt64.self)
                    == bytes.loadUnaligned(fromByteOffset: other + column, as: UInt64.self)
            {
                column += 8
                continue
            }
            for column in column..<min(width, column + 8)
            where (pixels[one + column] != 0) != (pixels[other + column] != 0) { body(column) }
            column += 8
        }
    }
}
