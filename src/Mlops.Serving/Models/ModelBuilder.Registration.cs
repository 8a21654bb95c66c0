namespace Mlops.Serving;

public sealed partial class ModelBuilder<TIn, TOut>
{
    private sealed class Registration(ModelBuilder<TIn, TOut> builder) : ModelRegistration(builder.Name)
    {
        public override string? ConfigurationSection => builder._section;

        public override void Configure(ModelOptions options)
        {
            foreach (Action<ModelOptions> configure in builder._configure)
                configure(options);
        }

        public override (ServedModel Model, object? Predictor) Build(IServiceProvider services, ModelOptions options, IModelRuntime? runtime, ServingEnvironment environment)
        {
            IModelRuntime chosen = builder._runtime?.Invoke(services) ?? runtime
                ?? throw new InvalidOperationException($"Nothing can compute model '{Name}': call UseOnnxRuntime() of the package Mlops.Serving.OnnxRuntime, or give the model its own runtime with WithRuntime.");
            IModelSource source = builder._source?.Invoke(services)
                ?? throw new InvalidOperationException($"Model '{Name}' has no source: call FromFile or FromSource.");

            if (builder._tensorsOnly)
                return (Model(new AnyModelContract(), featureNames: null), null);

            InputContract<TIn> input = InputOf();
            OutputContract<TOut> output = OutputContract<TOut>.For(builder._outputName, builder._outputReader);
            ServedModel model = Model(new ModelContract<TIn, TOut>(input, output), input.FeatureNames);
            return (model, new Predictor<TIn, TOut>(model, input, output, builder._stickyBy, [.. builder._handlers.Select(factory => factory(services))]));

            ServedModel Model(ModelContract contract, IReadOnlyList<string>? featureNames)
            {
                var live = new Deployment(Name, Deployment.Live, options, source, builder._ownsSource, chosen, contract, environment);
                var served = new ServedModel(live, environment, new ModelObservers(Name, featureNames, environment, [.. builder._outcomeHandlers.Select(factory => factory(services))]));
                if (builder._rollout is { } rollout)
                    served.Add(new Rollout(rollout.Kind, served, live, Beside(Deployment.Candidate, rollout.Source), environment, source as IRolloutTarget));
                if (builder._shadow is { } shadow)
                    served.Add(new Shadow(served, Beside(Deployment.Shadow, shadow), environment));
                return served;

                Deployment Beside(string role, Func<IServiceProvider, IModelSource> factory) =>
                    new(Name, role, options, factory(services), ownsSource: false, chosen, contract, environment) { Beside = live };
            }
        }

        private InputContract<TIn> InputOf()
        {
            if (builder._features.Count > 0)
            {
                return builder._input is null
                    ? Columns(builder._features)
                    : throw new InvalidOperationException($"Model '{Name}' has features one by one and a writer; keep one of the two.");
            }

            return builder._input ?? Vector()
                ?? throw new InvalidOperationException($"How a {typeof(TIn).Name} becomes the input of model '{Name}' is not known: call Feature, Features or Input.");
        }

        private static FeatureContract<TIn> Columns(List<(string Name, Func<TIn, float> Selector)> features)
        {
            Func<TIn, float>[] selectors = [.. features.Select(static feature => feature.Selector)];
            return new FeatureContract<TIn>(
                (row, columns) =>
                {
                    for (int i = 0; i < selectors.Length; i++)
                        columns[i] = selectors[i](row);
                },
                selectors.Length,
                [.. features.Select(static feature => feature.Name)]);
        }

        private static InputContract<TIn>? Vector()
        {
            FeatureWriter<ReadOnlyMemory<float>> memory = static (features, columns) => Copy(features.Span, columns);
            FeatureWriter<float[]> array = static (features, columns) => Copy(features, columns);
            object? copy = typeof(TIn) == typeof(ReadOnlyMemory<float>) ? memory : typeof(TIn) == typeof(float[]) ? array : null;
            return copy is null ? null : new FeatureContract<TIn>((FeatureWriter<TIn>)copy, count: null, names: null);
        }

        /// <param name="input">The argument of <see cref="IPredictor{TIn, TOut}.PredictAsync(TIn, CancellationToken)"/>.</param>
        /// <param name="columns">The model's input.</param>
        private static void Copy(ReadOnlySpan<float> input, Span<float> columns)
        {
            if (input.Length != columns.Length)
                throw new ArgumentException($"The model takes {columns.Length} features and {input.Length} were given.", nameof(input));
            input.CopyTo(columns);
        }
    }
}
