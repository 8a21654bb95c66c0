using System.Globalization;
using Microsoft.Extensions.Options;

namespace Mlops.Orchestration;

/// <summary>Written by hand: ranges of <see cref="TimeSpan"/> need reflection as attributes.</summary>
internal sealed class PipelineWorkerOptionsValidator : IValidateOptions<PipelineWorkerOptions>
{
    public ValidateOptionsResult Validate(string? name, PipelineWorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> problems = Check(options);
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    public static List<string> Check(PipelineWorkerOptions options)
    {
        List<string> problems = [];
        Require(problems, nameof(options.MaximumConcurrentSteps), options.MaximumConcurrentSteps, 1, 4_096);
        Require(problems, nameof(options.MaximumLostAttempts), options.MaximumLostAttempts, 1, 10_000);
        Require(problems, nameof(options.LeaseDuration), options.LeaseDuration, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Require(problems, nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Require(problems, nameof(options.DrainPeriod), options.DrainPeriod, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Require(problems, nameof(options.AbortPeriod), options.AbortPeriod, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        if (!Enum.IsDefined(options.ChangedPipelines))
        {
            problems.Add($"{nameof(options.ChangedPipelines)} is {options.ChangedPipelines}, allowed are Fail and Wait.");
        }

        if (!Enum.IsDefined(options.StepDurability))
        {
            problems.Add($"{nameof(options.StepDurability)} is {options.StepDurability}, allowed are Process and Power.");
        }

        return problems;
    }

    private static void Require<T>(List<string> problems, string name, T value, T minimum, T maximum)
        where T : IComparable<T>
    {
        if (value.CompareTo(minimum) < 0 || value.CompareTo(maximum) > 0)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}, allowed is {minimum} to {maximum}."));
        }
    }
}
