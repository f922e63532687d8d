var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication().AddRescind();
builder.Services.AddAuthorization();
builder.Services.AddHealthChecks().AddRescind();

var app = builder.Build();
app.MapGet("/orders", () => new[] { new { id = 1, item = "a book", subject = "yours" } }).RequireAuthorization();
app.MapPost("/transfers", () => Results.Accepted()).RequireAuthorization()
    .RequireFreshness(TimeSpan.FromSeconds(2)).RequireStepUp(maxAge: TimeSpan.FromMinutes(5));
app.MapHealthChecks("/health/ready");
app.Run();
