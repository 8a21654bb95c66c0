namespace Mlops.Serving;

/// <summary>A model as it was described to a builder, before anything of it exists.</summary>
internal abstract class ModelRegistration(string name)
{
    public string Name => name;

    /// <summary>Where its options come from; null for the section of its name.</summary>
    public abstract string? ConfigurationSection { get; }

    public abstract void Configure(ModelOptions options);

    public abstract (ServedModel Model, object? Predictor) Build(IServiceProvider services, ModelOptions options, IModelRuntime? runtime, ServingEnvironment environment);
}
