using Azure.Storage.Blobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Mlops.Storage.AzureBlobs;

/// <summary>Chooses Azure Blob Storage for artifacts.</summary>
public static class AzureBlobStorageBuilderExtensions
{
    /// <summary>Keeps artifacts in the container. Further options come from section <c>Mlops:Storage:AzureBlobs</c>, then from <paramref name="configure"/>.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="connectionString">The storage account's; it holds a key, so read it from configuration or the environment.</param>
    /// <param name="container">The container, which must exist.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <exception cref="InvalidOperationException">Another artifact store was chosen before.</exception>
    public static IMlopsStorageBuilder UseAzureBlobArtifacts(
        this IMlopsStorageBuilder builder, string connectionString, string container, Action<AzureBlobArtifactOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        ArgumentException.ThrowIfNullOrWhiteSpace(container);
        AddOptions(builder, configure);
        return builder.UseArtifacts(services => new AzureBlobArtifactStore(connectionString, container, services.GetRequiredService<IOptions<AzureBlobArtifactOptions>>().Value));
    }

    /// <summary>The same through the host's own client, for example with a managed identity.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="container">Finds or makes the client of the container, which must exist.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <exception cref="InvalidOperationException">Another artifact store was chosen before.</exception>
    public static IMlopsStorageBuilder UseAzureBlobArtifacts(
        this IMlopsStorageBuilder builder, Func<IServiceProvider, BlobContainerClient> container, Action<AzureBlobArtifactOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(container);
        AddOptions(builder, configure);
        return builder.UseArtifacts(services => new AzureBlobArtifactStore(container(services), services.GetRequiredService<IOptions<AzureBlobArtifactOptions>>().Value));
    }

    private static void AddOptions(IMlopsStorageBuilder builder, Action<AzureBlobArtifactOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AzureBlobArtifactOptions>, AzureBlobArtifactOptionsValidator>());
        OptionsBuilder<AzureBlobArtifactOptions> options = builder.Services.AddOptions<AzureBlobArtifactOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<AzureBlobArtifactOptions>, AzureBlobArtifactOptionsSetup>());
        if (configure is not null)
        {
            options.Configure(configure);
        }
    }

    /// <summary>Reads section <c>Mlops:Storage:AzureBlobs</c> where the host has a configuration.</summary>
    private sealed class AzureBlobArtifactOptionsSetup(IConfiguration? configuration = null) : IConfigureOptions<AzureBlobArtifactOptions>
    {
        public void Configure(AzureBlobArtifactOptions options) => configuration?.GetSection("Mlops:Storage:AzureBlobs").Bind(options);
    }
}
