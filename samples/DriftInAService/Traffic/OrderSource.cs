using DriftInAService.Deliveries;

namespace DriftInAService.Traffic;

/// <summary>Draws orders and what becomes of them. Not thread-safe.</summary>
internal sealed class OrderSource(int seed)
{
    private static readonly string[] Countries = ["DE", "DE", "DE", "AT", "CH"];

    private readonly Random _random = new(seed);

    /// <summary>What Swiss deliveries travel, compared with history.</summary>
    public double SwissDetour { get; set; } = 1;

    public Order Next()
    {
        string country = Countries[_random.Next(Countries.Length)];
        double distance = 50 + (400 * _random.NextDouble() * _random.NextDouble());
        return new Order(0.5 + (9 * _random.NextDouble()), country == "CH" ? distance * SwissDetour : distance, _random.Next(100) == 0 ? null : country);
    }

    public Outcome Outcome(Order order) => new(DeliveryModel.Hours(order.Weight, order.Distance) + (2 * (_random.NextDouble() - 0.5)));
}
