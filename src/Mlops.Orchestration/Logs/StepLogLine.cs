using Microsoft.Extensions.Logging;

namespace Mlops.Orchestration;

/// <summary>A line that a step wrote to <see cref="StepContext.Logger"/>.</summary>
/// <param name="Attempt">The attempt that wrote it.</param>
/// <param name="At">When, by the worker's clock.</param>
/// <param name="Level">How important it is.</param>
/// <param name="Message">At most 2 000 characters; of an exception, its type and message.</param>
public sealed record StepLogLine(int Attempt, DateTimeOffset At, LogLevel Level, string Message);
