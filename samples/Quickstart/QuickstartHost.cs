using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mlops;
using Mlops.Drift;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Quickstart;

/// <summary>The whole wiring: what an application of your own would have in its Program.cs.</summary>
public static class QuickstartHost
{
    // A killed process is taken over after this time; in production take the defaults.
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    public static IHost Build(QuickstartArguments arguments, RideHistory history)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Mlops.Drift", LogLevel.Error); // alarms are the replay's daily bread
        IServiceCollection services = builder.Services;
        services.AddSingleton<ReplayClock>();
        services.AddSingleton<TimeProvider>(static provider => provider.GetRequiredService<ReplayClock>());

        IMlopsStorageBuilder storage = services.AddMlopsStorage();
        if (arguments.Storage is { } connection)
            storage.UsePostgreSql(connection).UseFileArtifacts(Path.Combine(arguments.Output, "artifacts"));
        else
            storage.UseSqlite($"Data Source={Path.Combine(arguments.Output, "mlops.db")}");

        services.AddMlopsTracking();
        services.AddMlopsTuning();
        services.AddMlopsRegistry();
        services.AddMlopsServing().UseOnnxRuntime()
            .AddModel(RidershipModels.Name, static m => m.FromRegistry($"{RidershipModels.Name}@{RidershipModels.Alias}"))
            .AddModel(RidershipModels.Frozen, static m => m.FromRegistry($"{RidershipModels.Name}/1"));
        services.AddMlopsDrift().AddMonitor(RideSchema.Monitor, RideSchema.Instance, static m => m
            .Manual()
            .Window(RetrainPolicy.InputWindowDays, WindowKind.Tumbling)
            .Configure(static options =>
            {
                options.ErrorWindowRows = RetrainPolicy.HoldOutDays;
                options.ErrorThresholds.MinimumRows = RetrainPolicy.HoldOutDays;
                options.ErrorAlerts.Confirmations = RetrainPolicy.ErrorConfirmationDays;
                options.ErrorAlerts.ClearAfter = RetrainPolicy.ErrorConfirmationDays;
                options.ErrorAlerts.RepeatAfter = TimeSpan.FromDays(RetrainPolicy.HoldOutDays);
            }));
        services.AddMlopsOrchestration().AddPipeline<RetrainRidership>(static p => p.OnDrift(
            RideSchema.Monitor,
            static alert => new RetrainRequest(DayOf(alert), alert.Kind == AlertKind.Error ? CandidateOrigin.ErrorAlarm : CandidateOrigin.FeatureDrift, alert.Reason),
            key: static alert => RetrainRidership.KeyOf(DayOf(alert))));
        services.AddMlops();

        services.Configure<PipelineWorkerOptions>(static options => options.LeaseDuration = Lease);
        services.Configure<TuningOptions>(static options => options.LeaseDuration = Lease);

        services.AddSingleton(history);
        services.AddSingleton<SingleReplay>();
        services.AddHostedService(static provider => provider.GetRequiredService<SingleReplay>());
        services.AddSingleton<ReplayLog>();
        services.AddSingleton<RidershipModels>();
        services.AddSingleton<Preparation>();
        services.AddSingleton<Retraining>();
        services.AddSingleton<BadCandidate>();
        services.AddSingleton(static provider => ActivatorUtilities.CreateInstance<Replay>(
            provider, provider.GetRequiredKeyedService<DriftMonitor<ServedRide>>(RideSchema.Monitor)));
        services.AddSingleton<ResultBuilder>();
        services.AddSingleton<Explanation>();
        return builder.Build();
    }

    private static DateOnly DayOf(DriftAlert alert) => DateOnly.FromDateTime(alert.At.UtcDateTime);
}
