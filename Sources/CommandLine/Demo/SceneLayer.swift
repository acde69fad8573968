import DenseKitVision

/// A surface in a scene. Later layers hide earlier ones.
struct SceneLayer {
    let label: UInt16
    let shape: SceneShape
    let texture: SceneTexture
    /// The object that it is part of, from 0; nil for sky, ground and lines.
    private(set) var object: Int?
    /// Whether that object is a crowd: many, too close together to be annotated separately.
    private(set) var isCrowd = false

    private init(_ name: String, _ shape: SceneShape, _ texture: SceneTexture) {
        label = DemoScene.classes.names.firstIndex(of: name).map(UInt16.init) ?? LabelMap.ignore
        self.shape = shape
        self.texture = texture
    }

    /// Sky and ground, perhaps a shore, a wall and trees, then balls and boxes.
    ///
    /// - Parameter crowded: with more of them, and now and then a heap of small balls behind them
    static func landscape(_ random: inout SceneRandom, crowded: Bool) -> [SceneLayer] {
        let horizon = random.number(0.28, 0.55)
        var layers = [sky(horizon, &random)]
        let grounds = ["grass", "water", "sand"]
        let first = random.index(3)
        let noise = PlaneNoise(&random)
        // The line itself is nobody's: half a hundredth of the image above the ground.
        layers.append(
            SceneLayer(
                "", .beyond(normal: SIMD2(0, 1), offset: horizon - 0.008, roughness: 0.05, noise),
                .plain(SIMD3(0.35, 0.35, 0.35))
            ))
        layers.append(
            ground(
                grounds[first],
                .beyond(normal: SIMD2(0, 1), offset: horizon, roughness: 0.05, noise), &random))
        if random.chance(0.7) {
            let lean = random.number(-0.6, 0.6)
            let normal = SIMD2(lean, 1) / (1 + lean * lean).squareRoot()
            let offset = (normal * SIMD2(0.5, random.number(horizon + 0.12, 0.85))).sum()
            let shore = SceneShape.beyond(
                normal: normal, offset: offset, roughness: 0.12, PlaneNoise(&random))
            layers.append(ground(grounds[(first + 1 + random.index(2)) % 3], shore, &random))
        }
        var objects: [[SceneLayer]] = []
        if random.chance(0.6) { objects.append([wall(horizon, &random)]) }
        for _ in 0..<random.index(3) { objects.append(tree(horizon, &random)) }
        if crowded, random.chance(0.15) { objects.append(heap(horizon, &random)) }
        for _ in 0..<(crowded ? 2 + random.index(4) : 1 + random.index(3)) {
            objects.append([random.chance(0.5) ? ball(horizon, &random) : box(horizon, &random)])
        }
        for (number, parts) in objects.enumerated() { layers += parts.map { $0.part(of: number) } }
        return layers
    }

    private func part(of object: Int) -> SceneLayer {
        var part = self
        part.object = object
        return part
    }

    private static func sky(_ horizon: Float, _ random: inout SceneRandom) -> SceneLayer {
        let (top, bottom): (SIMD3<Float>, SIMD3<Float>) = random.element([
            (SIMD3(0.35, 0.55, 0.9), SIMD3(0.75, 0.85, 0.95)),
            (SIMD3(0.5, 0.5, 0.65), SIMD3(0.95, 0.7, 0.5)),
            (SIMD3(0.6, 0.63, 0.67), SIMD3(0.8, 0.8, 0.8)),
            (SIMD3(0.15, 0.35, 0.6), SIMD3(0.5, 0.65, 0.75)),
        ])
        return SceneLayer(
            "sky", .everything,
            .sky(top: top, bottom: bottom, horizon: horizon, PlaneNoise(&random)))
    }

    private static func ground(_ name: String, _ shape: SceneShape, _ random: inout SceneRandom)
        -> SceneLayer
    {
        let noise = PlaneNoise(&random)
        let texture: SceneTexture
        switch name {
        case "grass":
            texture = .grass(
                random.element([
                    SIMD3(0.35, 0.62, 0.2), SIMD3(0.55, 0.6, 0.25), SIMD3(0.7, 0.62, 0.3),
                ]), noise)
        case "water":
            texture = .water(
                random.element([
                    SIMD3(0.25, 0.45, 0.75), SIMD3(0.3, 0.55, 0.55), SIMD3(0.5, 0.58, 0.66),
                ]),
                frequency: random.number(14, 24), noise)
        default:
            texture = .sand(
                random.element([
                    SIMD3(0.9, 0.8, 0.58), SIMD3(0.78, 0.68, 0.52), SIMD3(0.75, 0.72, 0.68),
                ]), noise)
        }
        return SceneLayer(name, shape, texture)
    }

    private static func wall(_ horizon: Float, _ random: inout SceneRandom) -> SceneLayer {
        let width = random.number(0.3, 0.75)
        let left = random.number(-0.2, 1.2 - width)
        let top = random.number(0.05, horizon - 0.12)
        let shape = SceneShape.rectangle(
            SIMD2(left, top), SIMD2(left + width, horizon + random.number(0.03, 0.15)))
        let color: SIMD3<Float> = random.element([
            SIMD3(0.68, 0.33, 0.25), SIMD3(0.62, 0.5, 0.4), SIMD3(0.55, 0.55, 0.58),
        ])
        let mortar = random.chance(0.5) ? SIMD3(0.85, 0.82, 0.78) : color * 0.45
        return SceneLayer(
            "brick wall", shape,
            .bricks(color, mortar: mortar, height: random.number(0.045, 0.075), PlaneNoise(&random))
        )
    }

    /// A trunk and a crown, both of the class tree.
    private static func tree(_ horizon: Float, _ random: inout SceneRandom) -> [SceneLayer] {
        let foot = SIMD2(
            random.number(0.08, 0.92), random.number(horizon + 0.05, min(horizon + 0.3, 0.9)))
        let height = random.number(0.3, 0.5)
        let half = random.number(0.018, 0.032)
        let trunk = SceneShape.rectangle(
            SIMD2(foot.x - half, foot.y - height), SIMD2(foot.x + half, foot.y))
        var discs: [(centre: SIMD2<Float>, radius: Float)] = []
        for _ in 0..<5 {
            let shift = SIMD2(random.number(-0.09, 0.09), random.number(-0.1, 0.06))
            discs.append((foot - SIMD2(0, height) + shift, random.number(0.06, 0.11)))
        }
        let color: SIMD3<Float> = random.element([
            SIMD3(0.25, 0.55, 0.2), SIMD3(0.15, 0.38, 0.22), SIMD3(0.75, 0.48, 0.18),
        ])
        return [
            SceneLayer("tree", trunk, .bark(SIMD3(0.42, 0.3, 0.2), PlaneNoise(&random))),
            SceneLayer("tree", .discs(discs), .leaves(color, PlaneNoise(&random))),
        ]
    }

    /// The place of an object on the ground; what is nearer is larger.
    private static func place(_ horizon: Float, _ random: inout SceneRandom) -> (
        centre: SIMD2<Float>, scale: Float
    ) {
        let y = random.number(horizon + 0.1, 0.92)
        return (SIMD2(random.number(0.1, 0.9), y), 0.75 + 0.6 * (y - horizon))
    }

    private static func ball(_ horizon: Float, _ random: inout SceneRandom) -> SceneLayer {
        let (centre, scale) = place(horizon, &random)
        return ball(at: centre, radius: random.number(0.09, 0.14) * scale, &random)
    }

    private static func ball(at centre: SIMD2<Float>, radius: Float, _ random: inout SceneRandom)
        -> SceneLayer
    {
        SceneLayer(
            "ball", .discs([(centre, radius)]),
            .sphere(
                color(&random), band: color(&random), centre: centre, radius: radius,
                axis: random.direction()))
    }

    /// Small balls, a crowd as COCO calls it.
    private static func heap(_ horizon: Float, _ random: inout SceneRandom) -> [SceneLayer] {
        let (centre, scale) = place(horizon, &random)
        return (0..<(6 + random.index(4))).map { _ in
            let shift = SIMD2(random.number(-0.12, 0.12), random.number(-0.06, 0.06)) * scale
            var small = ball(
                at: centre + shift, radius: random.number(0.035, 0.05) * scale, &random)
            small.isCrowd = true
            return small
        }
    }

    private static func box(_ horizon: Float, _ random: inout SceneRandom) -> SceneLayer {
        let (centre, scale) = place(horizon, &random)
        let half = SIMD2(random.number(0.09, 0.15), random.number(0.08, 0.12)) * scale
        let dark = color(&random) * 0.35
        let light = SIMD3<Float>(repeating: 0.55) + color(&random) * 0.4
        let tilt = random.number(-0.35, 0.35)
        let axis = SIMD2(1, tilt) / (1 + tilt * tilt).squareRoot()
        return SceneLayer(
            "striped box", .block(centre: centre, half: half, axis: axis),
            .stripes(dark, light, axis: random.direction(), width: random.number(0.022, 0.036)))
    }

    /// Any strong colour.
    private static func color(_ random: inout SceneRandom) -> SIMD3<Float> {
        var color = SIMD3(
            random.number(0.1, 0.95), random.number(0.1, 0.95), random.number(0.1, 0.95))
        color[random.index(3)] = random.number(0.7, 1)
        return color
    }
}
