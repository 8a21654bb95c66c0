using System.Diagnostics;
using Mlops.Tuning;

namespace Quickstart;

/// <summary>One line that is written over and over; into a file, a line per year.</summary>
public sealed class ProgressBar(TextWriter output, RideHistory history) : IProgress<StudyProgress>, IProgress<ReplayDayDone>, IDisposable
{
    private const int Width = 30;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly bool _live = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
    private long _drawn;
    private int _longest;

    public void Report(StudyProgress value)
    {
        string best = value.BestValue is { } error ? $"best error {error:F3}" : "";
        Draw($"tune    {Bar(value.Finished, Preparation.Trials)} trial {value.Finished} of {Preparation.Trials}  {best}", value.Finished == Preparation.Trials);
    }

    public void Report(ReplayDayDone value)
    {
        bool yearEnds = value.Days == value.TotalDays || history.Replayed[value.Days].Date.Year != value.Date.Year;
        Draw($"replay  {Bar(value.Days, value.TotalDays)} {value.Date:yyyy-MM-dd}  version {value.Version}, {value.Runs} runs, {value.Promotions} promotions", yearEnds);
    }

    /// <summary>Leaves the line as it stands.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_live && _longest > 0)
                output.WriteLine();
            _longest = 0;
        }
    }

    private static string Bar(int done, int total)
    {
        int filled = (int)((long)Width * done / total);
        return $"[{new string('#', filled)}{new string('.', Width - filled)}]";
    }

    private void Draw(string line, bool milestone)
    {
        lock (_gate)
        {
            if (!_live)
            {
                if (milestone)
                    output.WriteLine(line);
                return;
            }

            if (!milestone && _drawn != 0 && Stopwatch.GetElapsedTime(_drawn) < Interval)
                return;
            _drawn = Stopwatch.GetTimestamp();
            _longest = Math.Max(_longest, line.Length);
            output.Write($"\r{line.PadRight(_longest)}");
        }
    }
}
