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
        _ = ModelReference.Parse(reference);
        return builder.FromSource(services => new RegistryModelSource(
            services.GetService<ModelRegistry>() ?? throw new InvalidOperationException(
                $"A served model comes from the registry as '{reference}', but there is no registry: call AddMlopsRegistry()."),
            reference));
    }
}
