namespace Mlops.Statistics;

/// <summary>A statistic of two samples that are given as counts per group of equal values, larger where they differ more.</summary>
internal interface IRankStatistic
{
    double Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second);
}
