using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>What a <see cref="ModelServer"/> without a container is made of.</summary>
public sealed class ModelServerOptions
{
    private readonly Dictionary<string, ModelRegistration> _registrations = new(StringComparer.Ordinal);

    /// <summary>Runtime of every model that does not bring its own.</summary>
    public IModelRuntime? Runtime { get; set; }

    /// <summary>See every prediction.</summary>
    public IList<IPredictionObserver> Observers { get; } = [];

    /// <summary>Hear every outcome.</summary>
    public IList<IOutcomeObserver> OutcomeObservers { get; } = [];

    /// <summary>Keeps rollouts; in memory by default.</summary>
    public IRolloutStore? RolloutStore { get; set; }

    /// <summary>Clock; the system's by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where to log; nowhere by default.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Maker of the meter; the server makes its own by default.</summary>
    public IMeterFactory? MeterFactory { get; set; }

    internal ModelFolderOptions? Folder { get; private set; }

    internal IEnumerable<ModelRegistration> Registrations => _registrations.Values;

    /// <inheritdoc cref="MlopsServingBuilderExtensions.AddModel(IMlopsServingBuilder, string, Action{ModelBuilder{ReadOnlyMemory{float}, float}})"/>
    public ModelServerOptions AddModel(string name, Action<ModelBuilder<ReadOnlyMemory<float>, float>> configure) =>
        AddModel<ReadOnlyMemory<float>, float>(name, configure);

    /// <inheritdoc cref="MlopsServingBuilderExtensions.AddModel{TIn}(IMlopsServingBuilder, string, Action{ModelBuilder{TIn, float}})"/>
    public ModelServerOptions AddModel<TIn>(string name, Action<ModelBuilder<TIn, float>> configure) => AddModel<TIn, float>(name, configure);

    /// <inheritdoc cref="MlopsServingBuilderExtensions.AddModel{TIn, TOut}(IMlopsServingBuilder, string, Action{ModelBuilder{TIn, TOut}})"/>
    public ModelServerOptions AddModel<TIn, TOut>(string name, Action<ModelBuilder<TIn, TOut>> configure)
    {
        ModelRegistration registration = ModelBuilder<TIn, TOut>.Describe(name, configure);
        if (registration.ConfigurationSection is not null)
            throw new InvalidOperationException($"Model '{name}' is bound to configuration, which only a host has; use Configure(options => ...).");
        if (!_registrations.TryAdd(name, registration))
            throw new ArgumentException($"A model '{name}' is registered already.", nameof(name));
        return this;
    }

    /// <inheritdoc cref="MlopsServingBuilderExtensions.AddModelFolder"/>
    public ModelServerOptions AddModelFolder(string path, Action<ModelFolderOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Folder is not null)
            throw new ArgumentException($"The server has a folder of models already: '{Folder.Path}'.", nameof(path));
        var folder = new ModelFolderOptions { Path = path };
        configure?.Invoke(folder);
        if (folder.FindFault() is { } fault)
            throw new ArgumentException($"The folder of models cannot be served like this: {fault}", nameof(configure));
        Folder = folder;
        return this;
    }

    internal ModelOptions OptionsFor(string name)
    {
        var options = new ModelOptions();
        if (_registrations.TryGetValue(name, out ModelRegistration? registration))
            registration.Configure(options);
        else
            options.AllowUnknownOutputSizes = Folder!.AllowUnknownOutputSizes;
        foreach (IValidateOptions<ModelOptions> validator in (IValidateOptions<ModelOptions>[])[new ModelOptionsValidator(), new ModelOptionsTimesValidator()])
            if (validator.Validate(name, options) is { Failed: true } result)
                throw new OptionsValidationException(name, typeof(ModelOptions), result.Failures);
        return options;
    }
}
