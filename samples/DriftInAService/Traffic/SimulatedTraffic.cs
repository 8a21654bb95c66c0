using DriftInAService.Deliveries;

namespace DriftInAService.Traffic;

/// <summary>Orders at a steady rate, from the moment <see cref="Detour"/> on with a road to Switzerland closed. For looking at the sample without a client.</summary>
internal sealed partial class SimulatedTraffic(DeliveryModel model, ILogger<SimulatedTraffic> logger) : BackgroundService
{
    private const int OrdersPerTick = 20;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Detour = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        OrderSource source = new(seed: 3);
        using PeriodicTimer timer = new(Tick);
        long ticks = 0;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (++ticks == Detour / Tick)
            {
                source.SwissDetour = 1.6;
                RoadClosed(logger);
            }

            for (int i = 0; i < OrdersPerTick; i++)
            {
                Order order = source.Next();
                Estimate estimate = model.Estimate(order);
                model.Learn(estimate.Id, source.Outcome(order));
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "From now on Swiss deliveries take a detour. Look at /drift.")]
    private static partial void RoadClosed(ILogger logger);
}
