using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Keeps the runs of a host on an MLflow server.</summary>
public static class MlopsMlflowTrackingBuilderExtensions
{
    /// <summary>The name of the HTTP client, for <c>services.AddHttpClient(name)</c> to add handlers to.</summary>
    public const string HttpClientName = "Mlops.Mlflow";

    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Lets the host's <see cref="Tracker"/> log to an MLflow server, instead of to a database, which tracking then does not need. Options
    /// come from section <c>Mlops:Tracking:Mlflow</c> and are checked at start. Redirects are not followed.
    /// </summary>
    /// <remarks>
    /// With <see cref="TrackingOptions.JournalFolder"/>, what runs log while the server is away goes to a file and is sent once it is back.
    /// What only a database can do throws <see cref="NotSupportedException"/>; see <see cref="MlflowTrackingStore"/> and <see cref="Tracker"/>.
    /// </remarks>
    /// <param name="builder">From <c>AddMlopsTracking</c>.</param>
    /// <param name="configure">Sets options after the configuration; null for nothing.</param>
    /// <exception cref="InvalidOperationException">A store of runs was chosen before.</exception>
    public static IMlopsTrackingBuilder UseMlflow(this IMlopsTrackingBuilder builder, Action<MlflowStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseStore(static services => new MlflowTrackingStore(
            services.GetRequiredService<IHttpClientFactory>().CreateClient(HttpClientName),
            services.GetRequiredService<IOptions<MlflowStoreOptions>>().Value,
            services.GetRequiredService<TimeProvider>()));
        builder.Services.AddOptions<MlflowStoreOptions>()
            .Configure<IServiceProvider>(static (options, services) => services.GetService<IConfiguration>()?.GetSection("Mlops:Tracking:Mlflow").Bind(options))
            .Configure(options => configure?.Invoke(options))
            .ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MlflowStoreOptions>, MlflowStoreOptionsValidator>());

        // The store holds its client for good: connections are renewed instead of handlers. The factory's loggers would show the token: what
        // they redact in their text stands in the structured state beside it.
        builder.Services.AddHttpClient(HttpClientName)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = ConnectionLifetime });
        return builder;
    }
}
