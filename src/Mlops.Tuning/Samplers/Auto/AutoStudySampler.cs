namespace Mlops.Tuning;

/// <summary>Asks one sampler after the other for one study.</summary>
internal sealed class AutoStudySampler(AutoSampler settings, StudySpace space) : StudySampler
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AutoExpert, StudySampler> _samplers = [];
    private (int Count, int Number, AutoChoice Choice)? _last;
    private int[] _counts = [];

    public override string? Reason
    {
        get
        {
            lock (_gate)
            {
                return _last?.Choice.Reason;
            }
        }
    }

    public override void Propose(SamplingContext context, IDictionary<string, double> proposal)
    {
        ArgumentNullException.ThrowIfNull(context);
        Choose(context, isAsk: true).Propose(context, proposal);
    }

    public override double Sample(SamplingContext context, string parameter, ParameterDomain domain)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Choose(context, isAsk: false).Sample(context, parameter, domain);
    }

    /// <summary>The same for the same trial, whenever it asks.</summary>
    private StudySampler Choose(SamplingContext context, bool isAsk)
    {
        lock (_gate)
        {
            AutoChoice choice = _last is { } last && last.Count == context.Finished.Count && last.Number == context.Number
                ? last.Choice
                : AutoChoice.Of(context.Finished, context.Number, space, settings.Budget, ref _counts);
            if (isAsk)
            {
                _last = (context.Finished.Count, context.Number, choice);
            }

            if (!_samplers.TryGetValue(choice.Expert, out StudySampler? sampler))
            {
                _samplers.Add(choice.Expert, sampler = Begin(choice.Expert).ForStudy(space));
            }

            return sampler;
        }
    }

    private static ISampler Begin(AutoExpert expert) => expert switch
    {
        AutoExpert.Sobol => new SobolSampler(),
        AutoExpert.GaussianProcess => new GaussianProcessSampler(),
        AutoExpert.CmaEs => new CmaEsSampler(),
        AutoExpert.NsgaII => new NsgaIISampler(),
        AutoExpert.TpeGrouped => new TpeSampler { Grouped = true },
        _ => new TpeSampler(),
    };
}
