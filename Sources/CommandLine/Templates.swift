/// The files that `densekit new` writes.
enum Templates {
    static func backbone(_ name: String) -> String {
        """
        import DenseKit

        /// A small convolutional backbone: four levels at strides 4, 8, 16 and 32.
        ///
        /// Images `[n, 3, h, w]` → maps `[n, c, h/4, w/4]`, `[n, 2c, h/8, w/8]`, `[n, 4c, h/16, w/16]`,
        /// `[n, 8c, h/32, w/32]`.
        public final class \(name): Module, Backbone {
            /// What YAML may set, with defaults. `width: 48` in YAML sets `width`.
            public struct Configuration: YAMLConfiguration {
                public var width = 32

                public init() {}
            }

            // Layers are plain properties: their names are the keys in checkpoints.
            let stem: ConvModule
            let stages: [ConvModule]

            // Necks and heads read this: channels and strides are written nowhere else.
            public let outputs: [FeatureSpec]

            public init(_ configuration: Configuration, _ context: BuildContext) throws {
                let width = configuration.width
                stem = try ConvModule(3, width, kernel: 3, stride: 2, padding: 1)
                stages = try (0..<4).map { level in
                    try ConvModule(
                        level == 0 ? width : width << (level - 1), width << level, kernel: 3, stride: 2,
                        padding: 1)
                }
                outputs = (0..<4).map { FeatureSpec(channels: width << $0, stride: 4 << $0) }
            }

            public func callAsFunction(_ images: Tensor) throws -> Features {
                var x = try stem(images)  // [n, c, h/2, w/2]
                var maps: [Tensor] = []
                for stage in stages {
                    x = try stage(x)
                    maps.append(x)
                }
                return Features(maps: maps)
            }
        }

        struct \(name)Plugin: Plugin {
            func register(in registry: inout Registry) {
                registry.backbones.register("\(name)", \(name).init)
            }
        }

        /// What densekit looks for when it loads this file.
        let plugin = \(name)Plugin()

        """
    }

    /// - Parameters:
    ///   - name: of the backbone's type
    ///   - stem: of the files
    ///   - program: the name of the executable
    ///   - data: the folder of the training data
    ///   - prompter: an example of one in a line of YAML, where a plugin brings one
    static func configuration(
        _ name: String, _ stem: String, program: String, data: String, prompter: String?
    ) -> String {
        let guidance =
            prompter == nil
            ? "" : "\n# With language guidance:    uncomment the prompter; nothing else changes."
        let line = prompter.map { "\n  # prompter: \($0)" } ?? ""
        return """
            # \(name) with Semantic FPN on a data set in ADE20K's layout.
            # Train:                     \(program) train \(stem).yaml\(guidance)
            plugins: [\(stem).swift]

            model:
              backbone: { type: \(name), width: 32 }\(line)
              neck: { type: FPN, channels: 64 }
              head: { type: SemanticFPN, channels: 64 }

            data:
              train: { type: ADE20K, root: \(data), split: training }
              val: { type: ADE20K, root: \(data), split: validation }
              train_pipeline:
                - { type: Resize, scale: [128, 128], ratio_range: [0.75, 1.5] }
                - { type: RandomCrop, crop_size: 128 }
                - { type: RandomFlip }
                - { type: Normalize }
                - { type: Pad, size: 128 }
              test_pipeline:
                - { type: Normalize }

            optimizer: { type: AdamW, lr: 2e-3, weight_decay: 1e-2 }
            schedule: { type: Poly, warmup_iterations: 20 }
            train: { iterations: 300, batch: 8, log_interval: 10, eval_interval: 150, checkpoint_interval: 150 }

            """
    }
}
