var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication().AddJwtBearer().AddRevocation();
builder.Services.AddAuthorization();
builder.Services.AddHealthChecks().AddRescind();

var app = builder.Build();
app.MapGet("/orders", () => new[] { new { id = 1, item = "a book" } }).RequireAuthorization();
app.MapHealthChecks("/health/ready");
app.Run();
