using Microsoft.Extensions.DependencyInjection;
using Mlops.Registry;
using Mlops.Serving;

namespace Mlops;

/// <summary>Serving from the registry.</summary>
public static class RegistryModelBuilderExtensions
{
    /// <summary>Serves what the registry reference names, and follows the alias when it moves.</summary>
    /// <param name="builder">The model.</param>
    /// <param name="reference"><c>ridership@champion</c> or <c>ridership/3</c>.</param>
    /// <exception cref="FormatException">The reference is neither.</exception>
    public static ModelBuilder<TIn, TOut> FromRegistry<TIn, TOut>(this ModelBuilder<TIn, TOut> builder, string reference)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.FromSource(SourceOf(reference));
    }

    /// <summary>
    /// Tries out what another reference names on a small share of the calls, see <see cref="ServedModel.Rollout"/>. Where the model comes from an alias of the
    /// same registered model, that alias moves when the candidate is promoted, and back when it is rolled back after that.
    /// </summary>
    /// <param name="builder">The model.</param>
    /// <param name="reference"><c>ridership@challenger</c> or <c>ridership/4</c>.</param>
    /// <param name="configure">Changes <see cref="ModelOptions.Rollout"/>.</param>
    /// <exception cref="FormatException">The reference is neither.</exception>
    public static ModelBuilder<TIn, TOut> Canary<TIn, TOut>(this ModelBuilder<TIn, TOut> builder, string reference, Action<RolloutOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.TryOut(RolloutKind.Canary, SourceOf(reference), configure);
    }

    /// <summary>Splits the calls with what another reference names, half and half by default, and only compares them.</summary>
    /// <inheritdoc cref="Canary"/>
    public static ModelBuilder<TIn, TOut> AbTest<TIn, TOut>(this ModelBuilder<TIn, TOut> builder, string reference, Action<RolloutOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.TryOut(RolloutKind.AbTest, SourceOf(reference), configure);
    }

    /// <summary>Keeps what another reference names loaded and warm for the moment when it is promoted.</summary>
    /// <inheritdoc cref="Canary"/>
    public static ModelBuilder<TIn, TOut> BlueGreen<TIn, TOut>(this ModelBuilder<TIn, TOut> builder, string reference, Action<RolloutOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.TryOut(RolloutKind.BlueGreen, SourceOf(reference), configure);
    }

    /// <summary>Has what another reference names compute what the live version answers, for comparison only; see <see cref="ServedModel.Shadow"/>.</summary>
    /// <param name="builder">The model.</param>
    /// <param name="reference"><c>ridership@candidate</c> or <c>ridership/4</c>.</param>
    /// <param name="configure">Changes <see cref="ModelOptions.Shadow"/>.</param>
    /// <exception cref="FormatException">The reference is neither.</exception>
    public static ModelBuilder<TIn, TOut> Shadow<TIn, TOut>(this ModelBuilder<TIn, TOut> builder, string reference, Action<ShadowOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Shadow(SourceOf(reference), configure);
    }

    private static Func<IServiceProvider, IModelSource> SourceOf(string reference)
    {
        _ = ModelReference.Parse(reference);
        return services => new RegistryModelSource(
            services.GetService<ModelRegistry>() ?? throw new InvalidOperationException(
                $"A served model comes from the registry as '{reference}', but there is no registry: call AddMlopsRegistry()."),
            reference);
    }
}
