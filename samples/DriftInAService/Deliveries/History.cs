using DriftInAService.Traffic;
using Mlops.Drift;

namespace DriftInAService.Deliveries;

/// <summary>Last month's orders, from a time when all was well. In your service, rows of a table.</summary>
internal static class History
{
    private const int Orders = 20_000;

    public static IEnumerable<Estimate> Estimates()
    {
        OrderSource source = new(seed: 1);
        for (int i = 0; i < Orders; i++)
        {
            Order order = source.Next();
            yield return new Estimate($"{i}", order.Weight, order.Distance, order.Country, DeliveryModel.Hours(order.Weight, order.Distance));
        }
    }

    /// <summary>How wrong the model is when all is well.</summary>
    public static ErrorBaseline Errors()
    {
        OrderSource source = new(seed: 2);
        double[] estimates = new double[Orders], outcomes = new double[Orders];
        for (int i = 0; i < Orders; i++)
        {
            Order order = source.Next();
            estimates[i] = DeliveryModel.Hours(order.Weight, order.Distance);
            outcomes[i] = source.Outcome(order).Hours;
        }

        return ErrorBaseline.From(estimates, outcomes);
    }
}
