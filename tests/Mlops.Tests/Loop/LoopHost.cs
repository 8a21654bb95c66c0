using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Drift;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Mlops.Tests.Loop;

/// <summary>One application with every feature, whose registrations a test may put in any order.</summary>
internal static class LoopHost
{
    public const string Model = "ridership", Alias = "champion", Monitor = "rides", Study = "weight";

    /// <summary>What the application's Program.cs would say, each feature an entry.</summary>
    public static IReadOnlyList<Action<IServiceCollection>> Registrations(Action<IMlopsStorageBuilder> storage) =>
    [
        services => storage(services.AddMlopsStorage()),
        static services => services.AddMlopsTracking(),
        static services => services.AddMlopsRegistry(),
        static services => services.AddMlopsServing().UseOnnxRuntime().AddModel<Ride>(Model, static m => m
            .FromRegistry($"{Model}@{Alias}").Features(1, static (ride, columns) => columns[0] = (float)ride.Lag).MonitoredBy(Monitor, ServedRide.Of)),
        static services => services.AddMlopsDrift().AddMonitor(Monitor, ServedRide.Schema, static m => m
            .ReferenceFromServedModel(Model)
            .Window(rows: 500)
            .Configure(static options =>
            {
                options.DataAlerts.Confirmations = 1;
                options.EvaluationInterval = TimeSpan.FromDays(1); // The tests evaluate.
            })),
        static services => services.AddMlopsOrchestration().AddPipeline<Retrain>(static p => p.OnDrift(Monitor, static alert => alert.Reason)),
        static services => services.AddMlopsTuning(),
        static services => services.AddMlops(),
    ];

    public static async Task<IHost> StartAsync(IEnumerable<Action<IServiceCollection>> registrations)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Training>();
        foreach (Action<IServiceCollection> register in registrations)
            register(builder.Services);
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
