using Mlops.Drift;

namespace DriftInAService.Deliveries;

/// <summary>Estimates how long deliveries take, and shows every estimate and outcome to the monitor.</summary>
internal sealed class DeliveryModel([FromKeyedServices("deliveries")] DriftMonitor<Estimate> monitor)
{
    public const string Version = "delivery-hours-1";

    public static DriftSchema<Estimate> Schema { get; } = DriftSchema.For<Estimate>(static s => s
        .Id(e => e.Id).Numeric(e => e.Weight).Numeric(e => e.Distance).Segment(e => e.Country).Prediction(e => e.Hours));

    public static double Hours(double weight, double distance) => 4 + (0.02 * distance) + (0.5 * weight);

    public Estimate Estimate(Order order)
    {
        Estimate estimate = new(Guid.NewGuid().ToString("N"), order.Weight, order.Distance, order.Country, Hours(order.Weight, order.Distance));
        monitor.Observe(in estimate);
        return estimate;
    }

    public void Learn(string id, Outcome outcome) => monitor.ObserveLabel(id, outcome.Hours);
}
