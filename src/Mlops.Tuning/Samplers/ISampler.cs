namespace Mlops.Tuning;

/// <summary>How a study chooses parameter values. A sampler holds settings only and may serve many studies; what it learns lives in the <see cref="StudySampler"/>.</summary>
public interface ISampler
{
    /// <summary>The literature's name, for the study's record and telemetry, for example <c>random</c>.</summary>
    string Name { get; }

    /// <summary>Begins to sample for one study.</summary>
    StudySampler ForStudy(StudySpace space);
}
