namespace Mlops.Statistics;

/// <summary>A frequent key with bounds on how often it came.</summary>
/// <typeparam name="TKey">String or long.</typeparam>
/// <param name="Key">The key.</param>
/// <param name="Count">It came at most this often.</param>
/// <param name="Error">It came at least <paramref name="Count"/> minus this often.</param>
public readonly record struct HeavyHitter<TKey>(TKey Key, long Count, long Error)
    where TKey : notnull
{
    /// <summary>It came at least this often, <see cref="Count"/> - <see cref="Error"/>.</summary>
    public long LowerBound => Count - Error;
}
