namespace Mlops.Drift;

/// <summary>
/// What watches the errors of a live version one by one. docs/statistics/change-detectors.md compares them; each restarts after a change it has found.
/// </summary>
public enum ErrorDetectorKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>
    /// Whether errors have risen above the baseline's mean, for a shift of one of its standard deviations; holds <see cref="DriftMonitorOptions.ErrorDetectorRunLength"/> for
    /// normal errors. Needs a baseline. <see cref="Statistics.Cusum"/>.
    /// </summary>
    Cusum = 1,

    /// <summary>
    /// Whether a misclassification rate has risen above the baseline's; holds the run length as a lower bound, whatever the law. Needs a baseline of
    /// <see cref="ErrorMeasure.Misclassification"/>. <see cref="Statistics.EDetector"/>.
    /// </summary>
    EDetector = 2,

    /// <summary>Whether errors have risen above their own mean so far, with the defaults of <see cref="Statistics.PageHinkley"/>, which are for misclassifications. Promises no run length.</summary>
    PageHinkley = 3,

    /// <summary>Whether two parts of the errors since the last change have different means, for errors that range over about 1. <see cref="Statistics.Adwin"/>. Promises no run length.</summary>
    Adwin = 4,

    /// <summary>Whether a misclassification rate has risen above its lowest so far. <see cref="Statistics.Ddm"/>. Promises no run length.</summary>
    Ddm = 5,

    /// <summary>Whether a misclassification rate has risen, by Hoeffding's bound. <see cref="Statistics.HddmA"/>. Promises no run length.</summary>
    HddmA = 6,
}
