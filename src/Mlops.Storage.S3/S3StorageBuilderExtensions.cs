using Amazon.S3;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Mlops.Storage.S3;

/// <summary>Chooses S3 for artifacts.</summary>
public static class S3StorageBuilderExtensions
{
    /// <summary>Keeps artifacts in the bucket. Further options come from section <c>Mlops:Storage:S3</c>, then from <paramref name="configure"/>.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="bucket">The bucket, which must exist.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <exception cref="InvalidOperationException">Another artifact store was chosen before.</exception>
    public static IMlopsStorageBuilder UseS3Artifacts(this IMlopsStorageBuilder builder, string bucket, Action<S3ArtifactOptions>? configure = null)
    {
        AddOptions(builder, bucket, configure);
        return builder.UseArtifacts(static services => new S3ArtifactStore(services.GetRequiredService<IOptions<S3ArtifactOptions>>().Value));
    }

    /// <summary>The same through the host's own client, for credentials, proxies or tracing of its own; the host disposes of it.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="bucket">The bucket, which must exist.</param>
    /// <param name="client">Finds or makes the client, for example <c>services => services.GetRequiredService&lt;IAmazonS3&gt;()</c>.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <exception cref="InvalidOperationException">Another artifact store was chosen before.</exception>
    public static IMlopsStorageBuilder UseS3Artifacts(
        this IMlopsStorageBuilder builder, string bucket, Func<IServiceProvider, IAmazonS3> client, Action<S3ArtifactOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        AddOptions(builder, bucket, configure);
        return builder.UseArtifacts(services => new S3ArtifactStore(client(services), services.GetRequiredService<IOptions<S3ArtifactOptions>>().Value));
    }

    private static void AddOptions(IMlopsStorageBuilder builder, string bucket, Action<S3ArtifactOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(bucket);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<S3ArtifactOptions>, S3ArtifactOptionsValidator>());
        OptionsBuilder<S3ArtifactOptions> options = builder.Services.AddOptions<S3ArtifactOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<S3ArtifactOptions>, S3ArtifactOptionsSetup>());
        options.Configure(o => o.Bucket = bucket);
        if (configure is not null)
        {
            options.Configure(configure);
        }
    }

    /// <summary>Reads section <c>Mlops:Storage:S3</c> where the host has a configuration.</summary>
    private sealed class S3ArtifactOptionsSetup(IConfiguration? configuration = null) : IConfigureOptions<S3ArtifactOptions>
    {
        public void Configure(S3ArtifactOptions options) => configuration?.GetSection("Mlops:Storage:S3").Bind(options);
    }
}
