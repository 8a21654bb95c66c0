namespace Mlops.Tuning;

/// <summary>
/// Point n of a sequence for trial n, whose coordinate k goes to the parameter that the trial asks for as its k-th. So numbers of trials are the
/// index, which no two workers share, and branches of a conditional space share coordinates, of which each trial uses one branch's.
/// </summary>
internal sealed class QuasiRandomStudySampler(Func<uint, int, double> point) : StudySampler
{
    public override bool ReadsHistory => false;

    public override double Sample(SamplingContext context, string parameter, ParameterDomain domain)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(domain);
        return RandomSampler.At(domain, point((uint)context.Number, context.Position));
    }
}
