import CDenseKitSimdjson
import DenseKitVision

extension COCOColumns {
    /// The order of annotations by image, and what was warned about on the way.
    struct Arrangement {
        /// Annotations by the image that they belong to, those of an image in the order of the
        /// file.
        var order: [Int64] = []
        /// Where the annotations of each image begin in `order`; one more at the end.
        var firsts: [Int64] = []
        /// What is odd and harms nothing: what, and what comes of it.
        var warnings: [(problem: String, consequence: String)] = []
    }

    private var images: UnsafeBufferPointer<dk_coco_image> {
        .init(start: arrays.images, count: Int(arrays.image_count))
    }
    private var categories: UnsafeBufferPointer<dk_coco_category> {
        .init(start: arrays.categories, count: Int(arrays.category_count))
    }
    private var annotations: UnsafeMutableBufferPointer<dk_coco_annotation> {
        .init(start: arrays.annotations, count: Int(arrays.annotation_count))
    }
    private var words: UnsafeBufferPointer<Int32> {
        .init(start: arrays.words, count: Int(arrays.word_count))
    }

    /// Checks everything, and turns the numbers of images and categories in annotations into their
    /// places.
    ///
    /// - Throws: `DataError` for ids that occur twice and for values that no image can have.
    func arrange() throws -> Arrangement {
        let imagePlaces = try places(images.map(\.id), "image")
        let categoryPlaces = try places(categories.map(\.id), "category")
        try checkImages()
        try checkCategories()
        try checkNumbers()
        var result = Arrangement()
        var counts = [Int64](repeating: 0, count: images.count + 1)
        var lostImages = Findings()
        var lostCategories = Findings()
        var unusable = Findings()
        var flat = Findings()
        var odd = Findings()
        var otherSize = Findings()
        var zero = Findings()
        for place in annotations.indices {
            let annotation = annotations[place]
            try checkBox(annotation)
            guard let image = imagePlaces[annotation.image] else {
                lostImages.add(annotation, "image \(annotation.image)")
                annotations[place].image = -1
                continue
            }
            annotations[place].image = Int64(image)
            guard let category = categoryPlaces[annotation.category] else {
                lostCategories.add(annotation, "category \(annotation.category)")
                annotations[place].image = -1
                continue
            }
            annotations[place].category = Int64(category)
            let lengths = polygonLengths(annotation)
            if lengths.contains(where: { $0 < 6 }) { flat.add(annotation) }
            if lengths.contains(where: { !$0.isMultiple(of: 2) }) { odd.add(annotation) }
            if !hasSize(annotation, of: images[image]) { otherSize.add(annotation) }
            if annotation.id == 0 { zero.add(annotation) }
            let size = Size2D(height: Int(images[image].height), width: Int(images[image].width))
            if !COCOIndex.Annotation(record: annotation).isLearnable(in: size) {
                unusable.add(annotation)
            }
            counts[image + 1] += 1
        }
        for image in images.indices { counts[image + 1] += counts[image] }
        result.firsts = counts
        result.order = [Int64](repeating: 0, count: Int(counts.last ?? 0))
        for place in annotations.indices where annotations[place].image >= 0 {
            let image = Int(annotations[place].image)
            result.order[Int(counts[image])] = Int64(place)
            counts[image] += 1
        }
        lostImages.tell(
            "of images that the file does not list", "they are not used", &result.warnings)
        lostCategories.tell(
            "of categories that the file does not list", "they are not used", &result.warnings)
        unusable.tell(
            "to ignore, or with a box outside its image, a side under one pixel or no area",
            "training skips them",
            &result.warnings)
        flat.tell(
            "with polygons of fewer than three corners", "masks leave these polygons out",
            &result.warnings)
        odd.tell(
            "with polygons of an odd number of coordinates", "masks leave these polygons out",
            &result.warnings)
        otherSize.tell(
            "with run lengths of another size than the image",
            "they count as annotations without a mask", &result.warnings)
        if zero.count > 0 {
            result.warnings.append(
                (
                    "has an annotation with the number 0, which pycocotools takes for \"no match\"",
                    "what a detector finds there counts as a false alarm, so that AP is too low: number annotations from 1"
                ))
        }
        return result
    }

    /// How many annotations something holds of, and the first of them.
    private struct Findings {
        var count = 0
        var example = ""

        mutating func add(_ annotation: dk_coco_annotation, _ detail: String = "") {
            if count == 0 {
                example = "annotation \(annotation.id)" + (detail.isEmpty ? "" : " of \(detail)")
            }
            count += 1
        }

        func tell(
            _ what: String, _ consequence: String,
            _ warnings: inout [(problem: String, consequence: String)]
        ) {
            guard count > 0 else { return }
            warnings.append(
                (
                    "has \(count) annotation\(count == 1 ? "" : "s") \(what), the first of them \(example)",
                    consequence
                ))
        }
    }

    private func places(_ ids: [Int64], _ noun: String) throws -> [Int64: Int] {
        var places: [Int64: Int] = [:]
        places.reserveCapacity(ids.count)
        for (place, id) in ids.enumerated() where places.updateValue(place, forKey: id) != nil {
            throw DataError(
                path, "has \(noun) \(id) twice", remedy: "number every \(noun) differently")
        }
        return places
    }

    /// Annotations have numbers of their own.
    private func checkNumbers() throws {
        let ids = annotations.map(\.id).sorted()
        for (one, next) in zip(ids, ids.dropFirst()) where one == next {
            throw DataError(
                path, "has annotation \(one) twice", remedy: "number every annotation differently")
        }
    }

    private func name(_ start: Int64, _ length: Int64) -> String {
        String(
            decoding: UnsafeBufferPointer(start: arrays.names + Int(start), count: Int(length)),
            as: UTF8.self)
    }

    private func checkImages() throws {
        for image in images {
            guard (1...65535).contains(image.height), (1...65535).contains(image.width) else {
                throw DataError(
                    path,
                    "image \(image.id) is \(image.height)×\(image.width); expected sides of 1…65535 pixels",
                    remedy: "correct its height and width")
            }
            let name = image.name_length > 0 ? name(image.name_start, image.name_length) : ""
            guard !name.isEmpty, !name.utf8.contains(0) else {
                throw DataError(
                    path, "image \(image.id) has a file_name that names no file",
                    remedy: "correct it")
            }
        }
    }

    private func checkCategories() throws {
        var seen: [String: Int64] = [:]
        for category in categories {
            let name =
                category.name_length > 0 ? name(category.name_start, category.name_length) : ""
            if let other = seen.updateValue(category.id, forKey: name) {
                throw DataError(
                    path, "has the name `\(name)` for the categories \(other) and \(category.id)",
                    remedy: "rename one of them")
            }
        }
    }

    /// Far beyond any image, and small enough for arithmetic in float32.
    private static let farthest = 1e9

    private func checkBox(_ annotation: dk_coco_annotation) throws {
        let numbers = [annotation.x, annotation.y, annotation.width, annotation.height]
        guard numbers.allSatisfy({ abs($0) <= COCOColumns.farthest }) else {
            throw DataError(
                path, "annotation \(annotation.id) has the box \(numbers); expected pixels",
                remedy: "correct it, or take the annotation out")
        }
    }

    /// How many coordinates each of its polygons has.
    private func polygonLengths(_ annotation: dk_coco_annotation) -> [Int] {
        let kind = COCOIndex.ShapeKind(rawValue: annotation.shape_kind)
        guard kind == .hundredths || kind == .doubles else { return [] }
        var reader = COCOShapeReader(annotation, in: words)
        return reader.polygonLengths(annotation.shape_kind)
    }

    /// Whether its run lengths, if it has any, are as large as its image.
    private func hasSize(_ annotation: dk_coco_annotation, of image: dk_coco_image) -> Bool {
        let kind = COCOIndex.ShapeKind(rawValue: annotation.shape_kind)
        guard kind == .counts || kind == .text else { return true }
        var reader = COCOShapeReader(annotation, in: words)
        return reader.size() == Size2D(height: Int(image.height), width: Int(image.width))
    }
}
