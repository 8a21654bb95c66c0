namespace Mlops.Tuning;

/// <summary>
/// Samples every parameter uniformly over its scale, independent of all others and of what other trials have found.
/// Results do not depend on parallelism or resumption; see <see cref="RandomStream"/>.
/// </summary>
public sealed class RandomSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space) => new Uniform();

    /// <summary>A value of the domain, uniform over its scale; whole numbers on a logarithmic scale take the share of [n - 1/2, n + 1/2].</summary>
    internal static double Draw(RandomStream random, ParameterDomain domain)
    {
        return domain is { IsSingle: false, Log: false, Count: { } count } ? domain.Point(random.NextBelow(count)) : At(domain, domain.IsSingle ? 0 : random.NextDouble());
    }

    /// <summary>The domain's value at a place of its scale, 0 to below 1.</summary>
    internal static double At(ParameterDomain domain, double place)
    {
        if (domain.IsSingle)
        {
            return domain.Low;
        }

        if (!domain.Log)
        {
            return domain.Count is { } count
                ? domain.Point((long)(place * count))
                : Math.Clamp(domain.Low + (place * (domain.High - domain.Low)), domain.Low, domain.High);
        }

        double widen = domain.Step is { } step ? step / 2 : 0;
        double low = Math.Log(domain.Low - widen);
        double high = Math.Log(domain.High + widen);
        return domain.Nearest(Math.Exp(low + (place * (high - low))));
    }

    private sealed class Uniform : StudySampler
    {
        public override bool ReadsHistory => false;

        public override double Sample(SamplingContext context, string parameter, ParameterDomain domain)
        {
            ArgumentNullException.ThrowIfNull(context);
            return Draw(context.Random(parameter), domain);
        }
    }
}
