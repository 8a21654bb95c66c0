using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The value of a metric at a step. Values lie packed, so that the runs are looked up before the query is put together.</summary>
internal sealed class StepField(string key, long step)
    : QueryField(QueryValueKind.Number, static (_, _) => throw new InvalidOperationException("The runs were not looked up."))
{
    public string Key => key;

    public long Step => step;

    /// <summary>Whether a comparison holds, as it would in SQL.</summary>
    public static bool Holds(double value, FilterComparison comparison)
    {
        long order = ValueOrder.Of(value);
        return comparison.Operator switch
        {
            FilterOperator.Equal or FilterOperator.In => comparison.Numbers.Any(number => ValueOrder.Of(number) == order),
            FilterOperator.NotEqual or FilterOperator.NotIn => comparison.Numbers.All(number => ValueOrder.Of(number) != order),
            FilterOperator.Less => order < ValueOrder.Of(comparison.Numbers[0]),
            FilterOperator.LessOrEqual => order <= ValueOrder.Of(comparison.Numbers[0]),

            // NaN sorts behind every number and is greater than none.
            FilterOperator.Greater => order > ValueOrder.Of(comparison.Numbers[0]) && order != ValueOrder.NaN,
            _ => order >= ValueOrder.Of(comparison.Numbers[0]) && order != ValueOrder.NaN,
        };
    }
}
