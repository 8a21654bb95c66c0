using System.Globalization;
using Quickstart;

// So far: the model alone, fitted on 2001-2003 and never again, beside the naive forecast (the same station two weeks before).
string path = Path.Combine(AppContext.BaseDirectory, "data", "chicago_ridership.csv");
Ride[] rides = [.. RideCsv.Read(path)];
var hyperparameters = new Hyperparameters(Lambda: 1, Harmonics: 3, HalfLifeDays: 730);
var features = new FeatureMap(hyperparameters.Harmonics);
TrainingRow[] rows = [.. rides.Select(ride => new TrainingRow(ride.Date, features.Of(ride), ride.Ridership))];
LinearModel frozen = RidershipTrainer.Fit([.. rows.Where(static row => row.Date.Year <= 2003)], hyperparameters);

Console.WriteLine("year  frozen MAE  naive MAE");
foreach (IGrouping<int, int> year in Enumerable.Range(0, rows.Length).Where(i => rows[i].Date.Year >= 2004).GroupBy(i => rows[i].Date.Year))
{
    double frozenError = year.Average(i => Math.Abs(frozen.Predict(rows[i].Features) - rows[i].Target));
    double naiveError = year.Average(i => Math.Abs(rides[i].LagClarkLake - rows[i].Target));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{year.Key}  {frozenError,10:F2}  {naiveError,9:F2}"));
}
